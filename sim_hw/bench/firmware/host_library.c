/* The device as a library, for a loop of virtual time: time is what the caller says it is. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define ROOM 65536u

typedef struct { device d; example_room own; char serial[40]; uint8_t out[ROOM]; size_t length; } hosted;

static void collect(void *context, const uint8_t *data, size_t length) {
    hosted *h = context;
    if (h->length + length > ROOM) return;
    memcpy(h->out + h->length, data, length);
    h->length += length;
}

hosted *hosted_new(const char *serial) {
    hosted *h = calloc(1, sizeof *h);
    if (h == NULL) return NULL;
    strncpy(h->serial, serial, sizeof h->serial - 1);
    example_init(&h->own);
    device_init(&h->d, &EXAMPLE, &h->own, h->serial, collect, h);
    return h;
}

int hosted_set(hosted *h, const char *name, double value) { return example_set(&h->own, name, value); }
void hosted_free(hosted *h) { free(h); }
void hosted_plugged(hosted *h) { h->length = 0; device_plugged(&h->d); }
void hosted_unplugged(hosted *h) { device_unplugged(&h->d); }
int hosted_moving(const hosted *h) { return h->d.moving; }

void hosted_take(hosted *h, const uint8_t *data, size_t length, uint64_t now_us) {
    device_take(&h->d, data, length, now_us);
}

void hosted_tick(hosted *h, uint64_t now_us) { device_tick(&h->d, now_us); }

/* Takes what it has to say: copies at most `room` bytes, and returns how many. */
size_t hosted_say(hosted *h, uint8_t *out, size_t room) {
    size_t length = h->length < room ? h->length : room;
    memcpy(out, h->out, length);
    memmove(h->out, h->out + length, h->length - length);
    h->length -= length;
    return length;
}
