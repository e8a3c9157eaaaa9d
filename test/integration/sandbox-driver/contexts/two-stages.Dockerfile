FROM 127.0.0.1:5000/base/busybox:1 AS build
WORKDIR /src
COPY two-stages.Dockerfile .
RUN wc -c < two-stages.Dockerfile > size.txt && chown 1000:1000 size.txt
RUN echo "to stdout" > /dev/stdout && echo "to stderr" >&2 && echo "id $(id -u)"
RUN touch /workspace/no 2>/dev/null || echo "context is read-only"
RUN echo "old root: $(ls -A /dev/.host | wc -l) entries"
RUN mkdir -p /cache/made/deep && echo x > /cache/made/deep/file && chown -R 1234:4321 /cache/made && chmod 700 /cache/made

FROM 127.0.0.1:5000/base/busybox:1
COPY --from=build /src/size.txt /size.txt
RUN ls -ln /size.txt && rm "/bin/["
