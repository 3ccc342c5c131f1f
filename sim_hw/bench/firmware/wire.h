/* Frames on a stream of bytes: COBS(payload + CRC-32) and a zero. No malloc, C99. */
#ifndef THREEFORKS_WIRE_H
#define THREEFORKS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PAYLOAD 512u                       /* bytes of a payload at most */
#define WIRE_STUFFED (WIRE_PAYLOAD + 4u + 4u)   /* the same with checksum, stuffed */

typedef struct {
    uint8_t data[WIRE_STUFFED];
    size_t length;
    bool too_long;
    uint32_t damaged;  /* frames that were dropped */
} wire_reader;

uint32_t wire_crc32(const uint8_t *data, size_t length);

/* Takes one byte; the length of the payload in `reader->data` when a whole frame is there, else 0. */
size_t wire_take(wire_reader *reader, uint8_t byte);

/* Writes the frame of a payload with four bytes to spare behind it; `out` holds WIRE_STUFFED + 1. */
size_t wire_frame(uint8_t *payload, size_t length, uint8_t *out);

#endif
