/* As much of MessagePack as the device protocol needs, without malloc. */
#ifndef THREEFORKS_PACK_H
#define THREEFORKS_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { uint8_t *data; size_t length, room; } packer;

void pack_array(packer *p, uint32_t count);
void pack_map(packer *p, uint32_t count);
void pack_text(packer *p, const char *text);
void pack_unsigned(packer *p, uint64_t value);
void pack_double(packer *p, double value);
void pack_bool(packer *p, bool value);
void pack_nothing(packer *p);
void pack_bytes(packer *p, const uint8_t *data, size_t length);  /* packed already */
bool pack_fits(const packer *p);                                 /* whether all had room */

/* What is read points into the payload. `failed` stays set: it may be looked at once, at the end. */
typedef struct { const uint8_t *data; size_t length, at; bool failed; } unpacker;

typedef enum { KIND_NOTHING, KIND_BOOL, KIND_NUMBER, KIND_TEXT, KIND_BYTES, KIND_ARRAY, KIND_MAP,
               KIND_OTHER } kind;

typedef struct {
    kind kind;
    bool is_whole;         /* a number without fraction: `whole` holds it */
    bool boolean;
    int64_t whole;
    double number;         /* whole or not */
    const uint8_t *bytes;  /* of text and bytes */
    uint32_t count;        /* bytes of text; elements of an array; pairs of a map */
} item;

item unpack(unpacker *u);                           /* the next item; of an array or map its head */
void unpack_skip(unpacker *u, const item *head);    /* passes over what is in an item */
bool item_is(const item *it, const char *text);     /* whether it is this text */

#define PACK_DEPTH 16

#endif
