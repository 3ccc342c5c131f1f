#include "device.h"

#include <math.h>
#include <string.h>

static void send(device *d, const uint8_t *message, size_t length) {
    uint8_t payload[WIRE_PAYLOAD + 4], out[WIRE_STUFFED + 1];
    packer p = {payload, 0, WIRE_PAYLOAD};
    pack_array(&p, 3);
    pack_unsigned(&p, ++d->sequence);
    pack_unsigned(&p, 0);
    pack_bytes(&p, message, length);
    if (pack_fits(&p)) d->write(d->context, out, wire_frame(payload, p.length, out));
}

static kept *find(device *d, uint32_t number) {
    for (int i = 0; i < DEVICE_KEPT; i++)
        if (d->kept[i].used && d->kept[i].number == number) return &d->kept[i];
    return NULL;
}

static kept *keep(device *d, uint32_t number) {
    kept *k = &d->kept[d->next_kept];
    if (d->moving && k->used && k->number == d->number) {  /* it is still to be answered */
        d->next_kept = (d->next_kept + 1) % DEVICE_KEPT;
        k = &d->kept[d->next_kept];
    }
    d->next_kept = (d->next_kept + 1) % DEVICE_KEPT;
    k->number = number;
    k->used = true;
    k->answered = false;
    return k;
}

/* ------------------------------------------------------------------ replies */

static packer reply_head(uint8_t *room, uint32_t number) {
    packer p = {room, 0, DEVICE_ANSWER};
    pack_array(&p, 7);
    pack_text(&p, "reply");
    pack_unsigned(&p, number);
    return p;
}

static void reply_end(device *d, uint32_t number, packer *p, const char *error, const char *reason,
                      const char *code) {
    pack_text(p, error);
    pack_text(p, reason);
    pack_text(p, code);
    pack_unsigned(p, 0);  /* age_us: it was sampled now */
    if (!pack_fits(p)) return;
    kept *k = find(d, number);
    if (k != NULL) {
        memcpy(k->data, p->data, p->length);
        k->length = (uint16_t)p->length;
        k->answered = true;
    }
    send(d, p->data, p->length);
}

static void refuse(device *d, uint32_t number, const char *error, const char *reason,
                   const char *code) {
    uint8_t room[DEVICE_ANSWER];
    packer p = reply_head(room, number);
    pack_nothing(&p);
    reply_end(d, number, &p, error, reason, code);
}

static void effect(device *d, const char *state) {
    uint8_t room[DEVICE_ANSWER];
    packer p = {room, 0, DEVICE_ANSWER};
    d->told_us = d->now_us;
    pack_array(&p, 4);
    pack_text(&p, "signal");
    pack_text(&p, "effect");
    pack_map(&p, (uint32_t)(3 + d->of->done_count));
    pack_text(&p, "number"); pack_unsigned(&p, d->number);
    pack_text(&p, "state"); pack_text(&p, state);
    pack_text(&p, "age_us"); pack_unsigned(&p, 0);
    d->of->done(d, &p);
    pack_unsigned(&p, 0);
    if (pack_fits(&p)) send(d, p.data, p.length);
}

/* ------------------------------------------------------------------ motions */

static bool advance(device *d, const char **fault) {
    double seconds = (double)(d->now_us - d->moved_us) * 1e-6;
    d->moved_us = d->now_us;
    return d->of->advance(d, seconds, fault);
}

static void finished(device *d, const char *fault) {
    uint8_t room[DEVICE_ANSWER];
    packer p = reply_head(room, d->number);
    d->moving = false;
    effect(d, "done");
    if (fault != NULL) { refuse(d, d->number, "fault", fault, fault); return; }
    pack_map(&p, (uint32_t)d->of->done_count);
    d->of->done(d, &p);
    reply_end(d, d->number, &p, "", "", "");
}

static void stop(device *d, const char *state, bool answer) {
    const char *fault = NULL;
    if (!d->moving) return;
    (void)advance(d, &fault);
    d->moving = false;
    effect(d, state);
    if (answer) refuse(d, d->number, "fault", "stopped", state);
}

/* -------------------------------------------------------------------- calls */

static const char *read_number(const argument *a, const item *value, double *number) {
    if (value->kind != KIND_NUMBER) return "not a number";
    if (!(value->number >= a->lowest && value->number <= a->highest)) return "out of range";
    *number = value->number;
    return NULL;
}

static const char *read_arguments(const method *m, unpacker *u, const item *table, double *values) {
    bool there[DEVICE_ARGUMENTS] = {false};
    for (uint32_t i = 0; i < table->count; i++) {
        item name = unpack(u), value = unpack(u);
        int at = 0;
        while (at < m->count && !item_is(&name, m->arguments[at].name)) at++;
        if (at == m->count) return "unknown argument";
        if (there[at]) return "doubled argument";
        int first = 0, items = m->arguments[at].items;
        for (int before = 0; before < at; before++)
            first += m->arguments[before].items > 0 ? m->arguments[before].items : 1;
        if (items > 0 && (value.kind != KIND_ARRAY || value.count != (uint32_t)items))
            return "not a list of so many numbers";
        for (int k = 0; k < (items > 0 ? items : 1); k++) {
            item each = items > 0 ? unpack(u) : value;
            const char *wrong = read_number(&m->arguments[at], &each, &values[first + k]);
            if (wrong != NULL) return wrong;
        }
        there[at] = true;
    }
    for (int at = 0; at < m->count; at++)
        if (!there[at]) return "missing argument";
    return u->failed ? "malformed" : NULL;
}

static void identity(device *d, uint32_t number) {
    uint8_t room[DEVICE_ANSWER];
    packer p = reply_head(room, number);
    const char *texts[][2] = {
        {"interface", d->of->interface}, {"interface_hash", d->of->interface_hash},
        {"vendor", "three forks"}, {"model", d->of->model}, {"serial", d->serial},
        {"firmware", d->of->firmware},
    };
    pack_map(&p, 9);
    for (int i = 0; i < 6; i++) { pack_text(&p, texts[i][0]); pack_text(&p, texts[i][1]); }
    pack_text(&p, "protocol"); pack_unsigned(&p, 1);
    pack_text(&p, "maximum_frame"); pack_unsigned(&p, WIRE_PAYLOAD);
    pack_text(&p, "features");
    pack_array(&p, (d->of->self_test != NULL) + (d->of->stimulus != NULL));
    if (d->of->self_test != NULL) pack_text(&p, "self_test");
    if (d->of->stimulus != NULL) pack_text(&p, "stimulus");
    reply_end(d, number, &p, "", "", "");
}

static void one_value(device *d, uint32_t number, const char *name, bool is_bool, uint64_t value) {
    uint8_t room[DEVICE_ANSWER];
    packer p = reply_head(room, number);
    pack_map(&p, 1);
    pack_text(&p, name);
    if (is_bool) pack_bool(&p, value != 0); else pack_unsigned(&p, value);
    reply_end(d, number, &p, "", "", "");
}

static void be_safe(device *d) {
    d->safe = true;
    if (d->of->halt != NULL) d->of->halt(d);
}

static void set_safe(device *d, uint32_t number, unpacker *u, const item *table) {
    item name = unpack(u), on = unpack(u);
    if (u->failed || table->count != 1 || !item_is(&name, "on") || on.kind != KIND_BOOL) {
        refuse(d, number, "rejected", "safe has one argument, on: true or false", "");
        return;
    }
    d->safe = on.boolean || !d->greeted;
    if (d->safe) { stop(d, "safed", true); be_safe(d); }
    one_value(d, number, "safe", true, d->safe);
}

static void self_test(device *d, uint32_t number) {
    uint8_t room[DEVICE_ANSWER];
    packer p = reply_head(room, number);
    d->of->self_test(d, &p);
    reply_end(d, number, &p, "", "", "");
}

static void stimulus(device *d, uint32_t number, unpacker *u, const item *table) {
    uint8_t room[DEVICE_ANSWER];
    packer p = reply_head(room, number);
    for (uint32_t i = 0; i < table->count; i++) {
        item name = unpack(u), value = unpack(u);
        if (value.kind != KIND_NUMBER || !(value.number - value.number == 0.0) ||
            !d->of->stimulus(d, &name, value.number)) {
            refuse(d, number, "rejected", "no such stimulus", "");
            return;
        }
    }
    pack_map(&p, 0);
    reply_end(d, number, &p, "", "", "");
}

static void begin(device *d, uint32_t number, int which, const double *values) {
    const char *fault;
    if (!d->greeted || d->safe) { refuse(d, number, "fault", "it is safe", "safe"); return; }
    if (d->moving) { refuse(d, number, "fault", "it moves already", "busy"); return; }
    fault = d->of->begin(d, which, values);
    if (fault != NULL) { refuse(d, number, "fault", fault, fault); return; }
    d->moving = true;
    d->number = number;
    d->moved_us = d->told_us = d->now_us;
    fault = NULL;
    if (advance(d, &fault)) finished(d, fault);  /* what takes no time is over at once */
}

static void perform(device *d, uint32_t number, const item *name, unpacker *u, const item *table,
                    const item *valid_ms) {
    double values[DEVICE_VALUES];
    bool late = valid_ms->whole <= 0;
    if (late) { refuse(d, number, "rejected", "late", ""); return; }
    if (item_is(name, "safe")) { set_safe(d, number, u, table); return; }
    if (item_is(name, "identity") && table->count == 0) { identity(d, number); return; }
    if (item_is(name, "self_test") && table->count == 0 && d->of->self_test != NULL) {
        self_test(d, number);
        return;
    }
    if (item_is(name, "stimulus") && d->of->stimulus != NULL) { stimulus(d, number, u, table); return; }
    if (item_is(name, "ping") && table->count == 0) {
        one_value(d, number, "uptime_us", false, d->now_us);
        return;
    }
    for (int which = 0; which < d->of->method_count; which++) {
        const method *m = &d->of->methods[which];
        const char *wrong;
        if (!item_is(name, m->name)) continue;
        wrong = read_arguments(m, u, table, values);
        if (wrong != NULL) { refuse(d, number, "rejected", wrong, ""); return; }
        if (m->actuates) { keep(d, number); begin(d, number, which, values); return; }
        uint8_t room[DEVICE_ANSWER];
        packer p = reply_head(room, number);
        d->of->read(d, which, &p);
        reply_end(d, number, &p, "", "", "");
        return;
    }
    refuse(d, number, "rejected", "unknown method or argument", "");
}

static void call(device *d, unpacker *u) {
    item number = unpack(u), name = unpack(u), table = unpack(u);
    unpacker arguments = *u;
    unpack_skip(u, &table);
    item valid_ms = unpack(u);
    if (u->failed || u->at != u->length || !number.is_whole || number.whole < 0 ||
        number.whole > UINT32_MAX || name.kind != KIND_TEXT || table.kind != KIND_MAP ||
        !valid_ms.is_whole)
        return;
    kept *before = find(d, (uint32_t)number.whole);
    if (before != NULL) {
        if (before->answered) send(d, before->data, before->length);
        return;
    }
    perform(d, (uint32_t)number.whole, &name, &arguments, &table, &valid_ms);
}

static void greet(device *d) {
    stop(d, "new boot", false);
    be_safe(d);
    d->greeted = true;
    memset(d->kept, 0, sizeof d->kept);
    d->next_kept = 0;
}

static void message(device *d, const uint8_t *payload, size_t length) {
    unpacker u = {payload, length, 0, false};
    item outer = unpack(&u), sequence = unpack(&u), bench_ns = unpack(&u), inner = unpack(&u);
    item word = unpack(&u);
    if (u.failed || outer.kind != KIND_ARRAY || outer.count != 3 || !sequence.is_whole ||
        !bench_ns.is_whole || inner.kind != KIND_ARRAY)
        return;
    d->heard_us = d->now_us;
    if (item_is(&word, "call") && inner.count == 5) call(d, &u);
    else if (item_is(&word, "hello") && inner.count == 3) greet(d);
    else if (item_is(&word, "cancel") && inner.count == 2) {
        item number = unpack(&u);
        if (!u.failed && number.is_whole && d->moving && number.whole == (int64_t)d->number)
            stop(d, "cancelled", false);
    }
}

/* ----------------------------------------------------------------- for hosts */

void device_init(device *d, const device_class *of, void *own, const char *serial,
                 void (*write)(void *, const uint8_t *, size_t), void *context) {
    memset(d, 0, sizeof *d);
    d->of = of;
    d->own = own;
    d->serial = serial;
    d->write = write;
    d->context = context;
    d->safe = true;
}

void device_plugged(device *d) {
    memset(&d->reader, 0, sizeof d->reader);
    memset(d->kept, 0, sizeof d->kept);
    d->next_kept = 0;
    d->sequence = 0;
    d->greeted = false;
    d->safe = true;
}

void device_unplugged(device *d) {
    stop(d, "unplugged", false);
    d->greeted = false;
    be_safe(d);
}

/* A bench that was silent for too long has to say hello anew: on a line without connections that is
   the only end that one has. */
static bool silent(device *d) {
    if (d->now_us - d->heard_us <= SILENCE_US) return false;
    d->greeted = false;
    stop(d, "deadman", true);
    be_safe(d);
    return true;
}

void device_take(device *d, const uint8_t *data, size_t length, uint64_t now_us) {
    d->now_us = now_us;
    (void)silent(d);
    for (size_t i = 0; i < length; i++) {
        size_t payload = wire_take(&d->reader, data[i]);
        if (payload > 0) message(d, d->reader.data, payload);
    }
}

void device_tick(device *d, uint64_t now_us) {
    const char *fault = NULL;
    d->now_us = now_us;
    if (silent(d) || !d->moving) return;
    if (advance(d, &fault)) {
        finished(d, fault);
    } else if (now_us - d->told_us >= EFFECT_EVERY_US) {
        effect(d, "moving");
    }
}
