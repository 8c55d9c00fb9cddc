/* A small sender: `load PORT FILE SOURCES RATE SECONDS` sends the packets of FILE (two octets of length before each) to
   127.0.0.1 from SOURCES addresses of 127.0.0.0/8, RATE a second, or if RATE is 0 as fast as WINDOW outstanding ones
   are answered. It prints: sent, answered, and the latency at 50, 99 and 99.9 % in microseconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { WINDOW = 400, IDS = 65536, BATCH = 32, LONGEST = 1000000, LOST_AFTER = 2000000 };

static long sent_at[IDS], latencies[LONGEST + 1];

static long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void send_one(int from, struct sockaddr_in *to, unsigned char *packet, size_t length, unsigned id, unsigned source)
{
    union { char room[CMSG_SPACE(sizeof(struct in_pktinfo))]; struct cmsghdr aligned; } control = {0};
    struct iovec part = {packet, length};
    struct msghdr header = {to, sizeof *to, &part, 1, control.room, sizeof control.room, 0};
    struct cmsghdr *ancillary = CMSG_FIRSTHDR(&header);
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(0x7f010001 + source)};

    ancillary->cmsg_level = IPPROTO_IP;
    ancillary->cmsg_type = IP_PKTINFO;
    ancillary->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(ancillary), &info, sizeof info);
    packet[0] = (unsigned char)(id >> 8);
    packet[1] = (unsigned char)id;
    sent_at[id] = now_us();
    sendmsg(from, &header, 0);
}

static long receive_all(int sock)
{
    unsigned char replies[BATCH][2048];
    struct iovec parts[BATCH];
    struct mmsghdr headers[BATCH];
    long answered = 0;

    memset(headers, 0, sizeof headers);
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){replies[i], sizeof replies[i]};
        headers[i].msg_hdr.msg_iov = &parts[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    int got = recvmmsg(sock, headers, BATCH, MSG_DONTWAIT, NULL);
    long now = now_us();
    for (int i = 0; i < got; i++) {
        unsigned id = replies[i][0] << 8 | replies[i][1];
        if (!sent_at[id])
            continue;
        long took = now - sent_at[id];
        latencies[took < LONGEST ? took : LONGEST]++;
        sent_at[id] = 0;
        answered++;
    }
    return answered;
}

static long quantile(long answered, double share)
{
    long seen = 0;
    for (long us = 0; us <= LONGEST; us++)
        if ((seen += latencies[us]) >= answered * share)
            return us;
    return LONGEST;
}

int main(int count, char **words)
{
    if (count != 6)
        return 2;
    static unsigned char questions[64 << 20];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in any = {.sin_family = AF_INET};
    FILE *file = fopen(words[2], "rb");
    unsigned sources = (unsigned)atoi(words[3]);
    double rate = atof(words[4]);
    long length = file ? (long)fread(questions, 1, sizeof questions, file) : 0, at = 0, sent = 0, answered = 0, lost = 0;
    int sock = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

    if (!length || bind(sock, (struct sockaddr *)&any, sizeof any))
        return 1;
    setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    long began = now_us(), end = began + (long)(atof(words[5]) * 1e6);
    for (long now = began; now < end; now = now_us()) {
        long due = rate ? (long)((now - began) * rate / 1e6) + 1 : sent + WINDOW - (sent - answered - lost);
        for (int burst = 0; sent < due && burst < BATCH; burst++, sent++) {
            unsigned id = sent % IDS;
            size_t octets = questions[at] << 8 | questions[at + 1];
            lost += sent_at[id] && now - sent_at[id] > LOST_AFTER;
            send_one(sock, &to, questions + at + 2, octets, id, (unsigned)sent % sources);
            at = at + 2 + (long)octets < length ? at + 2 + (long)octets : 0;
        }
        struct timespec pause = {0, rate && sent >= due ? (long)(1e9 / rate) : 1000000};
        if (pause.tv_nsec > 1000000)
            pause.tv_nsec = 1000000;
        struct pollfd waiting = {sock, POLLIN, 0};
        ppoll(&waiting, 1, sent < due ? &(struct timespec){0, 0} : &pause, NULL);
        answered += receive_all(sock);
    }
    for (long last = now_us() + 1000000; answered < sent && now_us() < last;) {
        struct pollfd waiting = {sock, POLLIN, 0};
        poll(&waiting, 1, 50);
        answered += receive_all(sock);
    }
    printf("%ld %ld %ld %ld %ld\n", sent, answered, quantile(answered, 0.5), quantile(answered, 0.99), quantile(answered, 0.999));
    return 0;
}
