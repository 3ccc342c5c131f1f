#include "wire.h"

uint32_t wire_crc32(const uint8_t *data, size_t length) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1u) ? 0xedb88320u : 0u);
    }
    return ~crc;
}

/* In place: what is read lies never before what is written. Returns 0 for what was never stuffed. */
static size_t unstuff(uint8_t *data, size_t length) {
    size_t from = 0, to = 0;
    while (from < length) {
        size_t run = data[from];
        if (run == 0 || from + run > length) return 0;
        for (size_t i = 1; i < run; i++) {
            if (data[from + i] == 0) return 0;
            data[to++] = data[from + i];
        }
        from += run;
        if (run < 255 && from < length) data[to++] = 0;
    }
    return to;
}

static size_t whole(wire_reader *reader) {
    size_t length = unstuff(reader->data, reader->length);
    if (length <= 4 || length > WIRE_PAYLOAD + 4) return 0;
    const uint8_t *told = reader->data + length - 4;
    uint32_t crc = wire_crc32(reader->data, length - 4);
    for (int i = 0; i < 4; i++)
        if (told[i] != (uint8_t)(crc >> (8 * i))) return 0;
    return length - 4;
}

size_t wire_take(wire_reader *reader, uint8_t byte) {
    if (byte != 0) {
        if (reader->length < WIRE_STUFFED) reader->data[reader->length++] = byte;
        else reader->too_long = true;
        return 0;
    }
    size_t payload = 0;
    if (reader->length > 0) {
        if (!reader->too_long) payload = whole(reader);
        if (payload == 0) reader->damaged++;
    }
    reader->length = 0;
    reader->too_long = false;
    return payload;
}

size_t wire_frame(uint8_t *payload, size_t length, uint8_t *out) {
    uint32_t crc = wire_crc32(payload, length);
    for (int i = 0; i < 4; i++) payload[length++] = (uint8_t)(crc >> (8 * i));
    size_t code = 0, to = 1;
    for (size_t i = 0; i < length; i++) {
        if (payload[i] != 0) out[to++] = payload[i];
        if (payload[i] == 0 || to - code == 255) {
            out[code] = (uint8_t)(to - code);
            if (payload[i] != 0 && i + 1 == length) { out[to++] = 0; return to; }
            code = to++;
        }
    }
    out[code] = (uint8_t)(to - code);
    out[to++] = 0;
    return to;
}
