FROM 127.0.0.1:5000/base/busybox:1
RUN mkdir -m 700 /private && touch /private/file && chown -R 1000:1000 /private
RUN (sleep 86399 &) ; echo waiting ; sleep 86398
