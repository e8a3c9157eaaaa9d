FROM 127.0.0.1:5000/base/busybox:1
ARG SECONDS
RUN mkdir -m 700 /private && touch /private/file && chown -R 1000:1000 /private
RUN (sleep "1$SECONDS" &) ; echo waiting ; sleep "2$SECONDS"
