/* A dummy of an igniter: two resistors, and a counter of the pulses through them. Its self-test
   measures the load, by which a bench knows that nothing can burn. */
#include "example.h"

#include <string.h>

static const method METHODS[] = {
    {"state", false, 0, {{0, 0, 0, 0}}},
    {"fire", true, 0, {{0, 0, 0, 0}}},
};

typedef struct { double load; int charges; } igniter; /* ohm */
EXAMPLE_FITS(igniter);

void example_init(void *own) {
    igniter new = {.load = 12.0, .charges = 2};
    *(igniter *)own = new;
}

bool example_set(void *own, const char *name, double value) {
    if (strcmp(name, "load")) return false;
    ((igniter *)own)->load = value;
    return true;
}

static void tell(const device *d, packer *p) {
    const igniter *i = d->own;
    pack_text(p, "resistance"); pack_double(p, i->charges > 0 ? i->load : 1.0e6);
    pack_text(p, "charges"); pack_unsigned(p, (uint64_t)i->charges);
}

static void read_state(device *d, int which, packer *p) {
    (void)which;
    pack_map(p, 2);
    tell(d, p);
}

static const char *begin_firing(device *d, int which, const double *values) {
    igniter *i = d->own;
    (void)which; (void)values;
    if (i->charges == 0) return "open";
    i->charges--;
    return NULL;
}

static bool at_once(device *d, double seconds, const char **fault) {
    (void)d; (void)seconds; (void)fault;
    return true;
}

static void measure_load(const device *d, packer *p) {
    const igniter *i = d->own;
    pack_array(p, 1);
    pack_array(p, 5);
    pack_text(p, "load");
    pack_bool(p, i->load >= 10.0 && i->load <= 20.0);
    pack_double(p, i->load);
    pack_text(p, "ohm");
    pack_text(p, "10 to 20");
}

const device_class EXAMPLE = {
    .interface = "Igniter", .interface_hash = INTERFACE_HASH, .model = "demo-igniter-dummy",
    .firmware = "0.1", .methods = METHODS, .method_count = 2, .read = read_state,
    .begin = begin_firing, .advance = at_once, .done_count = 2, .done = tell,
    .self_test = measure_load,
};
