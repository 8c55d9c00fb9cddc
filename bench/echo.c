/* The floor of the comparison: what the kernel alone costs. `echo PORT` sends each datagram back, marked as an answer,
   with the same batches as Redhand's lane. `echo PORT ADDRESS` is the upstream of the bench, at an IPv4 address of this
   host: every A and AAAA question gets one record, anything else "no such data"; TTL an hour. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, SLOT = 2048, HEADER = 12 };

static const unsigned char A[] = "\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc0\0\2\1";
static const unsigned char AAAA[] = "\xc0\x0c\0\x1c\0\1\0\0\x0e\x10\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1";
static const unsigned char SOA[] = "\xc0\x0c\0\6\0\1\0\0\x0e\x10\0\x16\0\0\0\0\0\1\0\0\x0e\x10\0\0\x0e\x10\0\0\x0e\x10\0\0\x0e\x10";

static size_t reply(unsigned char *packet, size_t length, int answer)
{
    size_t end = HEADER;
    const unsigned char *record = SOA;
    size_t size = sizeof SOA - 1;

    if (length < HEADER + 5)
        return length;
    packet[2] |= 0x80;
    if (!answer)
        return length;
    while (end < length && packet[end])
        end += packet[end] + 1;
    end += 5;
    if (end > length || length > SLOT - sizeof SOA)
        return HEADER;
    if (packet[end - 3] == 1)
        record = A, size = sizeof A - 1;
    else if (packet[end - 3] == 28)
        record = AAAA, size = sizeof AAAA - 1;
    packet[3] = 0x80;
    memcpy(packet + 4, record == SOA ? "\0\1\0\0\0\1\0\0" : "\0\1\0\1\0\0\0\0", 8);
    memcpy(packet + end, record, size);
    return end + size;
}

int main(int count, char **words)
{
    static unsigned char buffers[BATCH][SLOT];
    static struct sockaddr_in clients[BATCH];
    struct iovec parts[BATCH];
    struct mmsghdr headers[BATCH];
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listening = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

    if (count < 2)
        return 2;
    here.sin_port = htons((unsigned short)atoi(words[1]));
    if (count > 2 && !inet_aton(words[2], &here.sin_addr))
        return 2;
    setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(listening, (struct sockaddr *)&here, sizeof here))
        return 1;
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){buffers[i], SLOT};
            headers[i].msg_hdr = (struct msghdr){&clients[i], sizeof clients[i], &parts[i], 1, NULL, 0, 0};
        }
        int got = recvmmsg(listening, headers, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < got; i++)
            parts[i].iov_len = reply(buffers[i], headers[i].msg_len, count > 2);
        for (int sent = 0; sent < got;) {
            int now = sendmmsg(listening, headers + sent, got - sent, 0);
            sent += now > 0 ? now : 1;
        }
    }
}
