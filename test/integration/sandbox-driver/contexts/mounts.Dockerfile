FROM 127.0.0.1:5000/base/busybox:1
RUN for at in /plain /sub /sub/below; do touch "$at/new" 2>/dev/null && echo "wrote $at" || echo "refused $at"; done
RUN echo "read $(cat /plain/file) $(cat /sub/below/file)"
RUN (echo changed > /etc/hosts) 2>/dev/null && echo "wrote hosts" || echo "refused hosts"
RUN cat /etc/resolv.conf > /cache/resolv.conf
RUN (echo x > /sys/kernel/uevent_helper) 2>/dev/null && echo "wrote sys" || echo "refused sys"
RUN (echo 0 > /proc/sys/kernel/sysrq) 2>/dev/null && echo "wrote proc" || echo "refused proc"
RUN echo "devices $(ls /dev | tr '\n' ' ')" && head -c 4 /dev/zero | wc -c && echo x > /dev/null && echo y > /dev/shm/y
RUN echo "processes $(ls /proc | grep -c '^[0-9]')"
RUN grep CapBnd /proc/self/status
