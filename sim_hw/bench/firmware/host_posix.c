/* The device on Linux: on a pty (its name is printed), a unix socket or a TCP port of loopback.

   DEVICE --pty LINK | --unix PATH | --tcp PORT  [--serial NUMBER] [--SETTING VALUE]

   One peer at a time; a second is closed at once. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "example.h"

static int peer = -1;

static uint64_t now_us(void) {
    static uint64_t start;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t now = (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
    if (start == 0) start = now - 1;
    return now - start;
}

static void write_peer(void *context, const uint8_t *data, size_t length) {
    (void)context;
    while (length > 0 && peer >= 0) {
        ssize_t done = write(peer, data, length);
        if (done > 0) { data += done; length -= (size_t)done; }
        else if (errno == EAGAIN) {  /* who does not take it in 50 ms gets half a frame */
            struct pollfd p = {peer, POLLOUT, 0};
            if (poll(&p, 1, 50) <= 0) return;
        } else if (errno != EINTR) return;
    }
}

static void fail(const char *what) { perror(what); exit(1); }

static int listen_unix(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path) { fprintf(stderr, "%s: too long\n", path); exit(2); }
    strcpy(a.sun_path, path);
    unlink(path);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    umask(0077);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 4)) fail(path);
    return s;
}

static int listen_tcp(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 4)) fail("tcp");
    getsockname(s, (struct sockaddr *)&a, &size);
    printf("tcp://127.0.0.1:%d\n", ntohs(a.sin_port));
    return s;
}

static int open_pty(const char *link) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master)) fail("pty");
    struct termios t;
    int keep = open(ptsname(master), O_RDWR | O_NOCTTY);  /* else the line is dead with nobody on it */
    tcgetattr(keep, &t);
    cfmakeraw(&t);
    tcsetattr(keep, TCSANOW, &t);
    unlink(link);
    if (symlink(ptsname(master), link)) fail(link);
    printf("serial://%s\n", link);
    return master;
}

int main(int count, char **words) {
    static example_room own;
    static device d;
    const char *serial = "SN0001", *path = NULL, *kind = "";
    example_init(&own);
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = words[i], *value = words[i + 1];
        if (!strcmp(name, "--pty") || !strcmp(name, "--unix") || !strcmp(name, "--tcp")) {
            kind = name; path = value;
        } else if (!strcmp(name, "--serial")) serial = value;
        else if (strncmp(name, "--", 2) || !example_set(&own, name + 2, atof(value))) {
            fprintf(stderr, "%s: no such option\n", name);
            return 2;
        }
    }
    if (path == NULL) { fprintf(stderr, "one of --pty, --unix, --tcp is needed\n"); return 2; }
    signal(SIGPIPE, SIG_IGN);
    device_init(&d, &EXAMPLE, &own, serial, write_peer, NULL);
    int listening = -1;
    if (!strcmp(kind, "--pty")) {
        peer = open_pty(path);
        device_plugged(&d);
    } else listening = kind[2] == 'u' ? listen_unix(path) : listen_tcp(atoi(path));
    if (peer >= 0) fcntl(peer, F_SETFL, O_NONBLOCK);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd p[2] = {{listening, POLLIN, 0}, {peer, POLLIN, 0}};
        poll(p, 2, d.moving ? 5 : 200);
        /* To the end, which may lie behind what was sent last; but who never ends is not all there is. */
        for (int chunk = 0; chunk < 64 && peer >= 0 && p[1].revents; chunk++) {
            uint8_t data[4096];
            ssize_t got = read(peer, data, sizeof data);
            if (got > 0) device_take(&d, data, (size_t)got, now_us());
            else if (got < 0 && errno == EINTR) continue;
            else {
                if (listening < 0 || (got < 0 && errno == EAGAIN)) break;
                close(peer);
                peer = -1;
                device_unplugged(&d);
            }
        }
        if (p[0].revents & POLLIN) {  /* after the end of the one before was seen */
            int new = accept(listening, NULL, NULL);
            if (peer >= 0) close(new);
            else if (new >= 0) {
                int on = 1; /* what is said is sent now: Nagle's wait is 40 ms; of TCP alone */
                setsockopt(new, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                peer = new;
                fcntl(peer, F_SETFL, O_NONBLOCK);
                device_plugged(&d);
            }
        }
        device_tick(&d, now_us());
    }
}
