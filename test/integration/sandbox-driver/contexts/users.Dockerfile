FROM 127.0.0.1:5000/base/debian:bookworm AS build
RUN useradd --create-home --uid 1500 builder && mkdir /data && chown builder:builder /data
USER builder
RUN echo "made by $(id -un)" > /data/who && ls -ln /data/who
USER root
RUN install -d -o nobody -g nogroup /srv/spool && chown -R 1500:nogroup /home/builder

FROM 127.0.0.1:5000/base/debian:bookworm
COPY --from=build --chown=33:33 /data/who /data/who
RUN useradd second && ls -ln /data/who && su second -s /bin/sh -c 'id -un'
