#include "pack.h"

#include <string.h>

static void put(packer *p, uint8_t byte) {
    if (p->length < p->room) p->data[p->length] = byte;
    p->length++;  /* goes on counting: that is how one sees that there was no room */
}

static void put_number(packer *p, uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) put(p, (uint8_t)(value >> (8 * i)));
}

static void put_head(packer *p, uint32_t count, uint8_t fix, uint32_t fix_limit, uint8_t wide) {
    if (count < fix_limit) put(p, (uint8_t)(fix | count));
    else { put(p, wide); put_number(p, count, 2); }
}

void pack_array(packer *p, uint32_t count) { put_head(p, count, 0x90, 16, 0xdc); }
void pack_map(packer *p, uint32_t count) { put_head(p, count, 0x80, 16, 0xde); }
void pack_nothing(packer *p) { put(p, 0xc0); }
void pack_bool(packer *p, bool value) { put(p, value ? 0xc3 : 0xc2); }
bool pack_fits(const packer *p) { return p->length <= p->room; }

void pack_bytes(packer *p, const uint8_t *data, size_t length) {
    for (size_t i = 0; i < length; i++) put(p, data[i]);
}

void pack_text(packer *p, const char *text) {
    size_t length = strlen(text);
    put_head(p, (uint32_t)length, 0xa0, 32, 0xda);
    pack_bytes(p, (const uint8_t *)text, length);
}

void pack_unsigned(packer *p, uint64_t value) {
    if (value < 128) put(p, (uint8_t)value);
    else { put(p, 0xcf); put_number(p, value, 8); }
}

void pack_double(packer *p, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(p, 0xcb);
    put_number(p, bits, 8);
}

static uint64_t get(unpacker *u, int bytes) {
    uint64_t value = 0;
    if (u->length - u->at < (size_t)bytes) { u->failed = true; u->at = u->length; return 0; }
    while (bytes-- > 0) value = value << 8 | u->data[u->at++];
    return value;
}

static item whole_item(int64_t value) {
    item it = {KIND_NUMBER, true, false, value, (double)value, NULL, 0};
    return it;
}

static item counted(unpacker *u, kind which, uint64_t count) {
    item it = {which, false, false, 0, 0.0, u->data + u->at, (uint32_t)count};
    if (count > u->length - u->at) u->failed = true;  /* each element has a byte at least */
    else if (which == KIND_TEXT || which == KIND_BYTES || which == KIND_OTHER) u->at += count;
    return it;
}

item unpack(unpacker *u) {
    item it = {KIND_NOTHING, false, false, 0, 0.0, NULL, 0};
    uint8_t head = (uint8_t)get(u, 1);
    if (u->failed) return it;
    if (head < 0x80) return whole_item(head);
    if (head >= 0xe0) return whole_item((int8_t)head);
    if (head < 0x90) return counted(u, KIND_MAP, head & 15u);
    if (head < 0xa0) return counted(u, KIND_ARRAY, head & 15u);
    if (head < 0xc0) return counted(u, KIND_TEXT, head & 31u);
    switch (head) {
    case 0xc0: return it;
    case 0xc2: case 0xc3: it.kind = KIND_BOOL; it.boolean = head == 0xc3; return it;
    case 0xc4: case 0xc5: case 0xc6: return counted(u, KIND_BYTES, get(u, 1 << (head - 0xc4)));
    case 0xca: {
        uint32_t bits = (uint32_t)get(u, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        it.kind = KIND_NUMBER; it.number = (double)value;
        return it;
    }
    case 0xcb: {
        uint64_t bits = get(u, 8);
        memcpy(&it.number, &bits, sizeof bits);
        it.kind = KIND_NUMBER;
        return it;
    }
    case 0xcc: case 0xcd: case 0xce: return whole_item((int64_t)get(u, 1 << (head - 0xcc)));
    case 0xcf: {
        uint64_t value = get(u, 8);
        if (value > INT64_MAX) { it.kind = KIND_OTHER; return it; }
        return whole_item((int64_t)value);
    }
    case 0xd0: return whole_item((int8_t)get(u, 1));
    case 0xd1: return whole_item((int16_t)get(u, 2));
    case 0xd2: return whole_item((int32_t)get(u, 4));
    case 0xd3: return whole_item((int64_t)get(u, 8));
    case 0xd9: case 0xda: case 0xdb: return counted(u, KIND_TEXT, get(u, 1 << (head - 0xd9)));
    case 0xdc: case 0xdd: return counted(u, KIND_ARRAY, get(u, 2 << (head - 0xdc)));
    case 0xde: case 0xdf: return counted(u, KIND_MAP, get(u, 2 << (head - 0xde)));
    default: u->failed = true; return it;  /* extensions: nobody sends them */
    }
}

static void skip(unpacker *u, const item *head, int depth) {
    uint32_t count = head->kind == KIND_ARRAY ? head->count : head->kind == KIND_MAP
        ? 2u * head->count : 0u;
    if (depth >= PACK_DEPTH && count > 0) u->failed = true;
    for (uint32_t i = 0; i < count && !u->failed; i++) {
        item inner = unpack(u);
        skip(u, &inner, depth + 1);
    }
}

void unpack_skip(unpacker *u, const item *head) { skip(u, head, 0); }

bool item_is(const item *it, const char *text) {
    size_t length = strlen(text);
    return it->kind == KIND_TEXT && it->count == length && memcmp(it->bytes, text, length) == 0;
}
