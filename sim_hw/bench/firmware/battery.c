/* A gauge of a battery: it measures what the simulated world puts on its inputs, in 12 bits. */
#include "example.h"

#include <math.h>
#include <string.h>

enum { CHARGE, VOLTAGE, CURRENT, TEMPERATURE, INPUTS };

static const struct { const char *name; double lowest, highest; } RANGES[INPUTS] = {
    {"state_of_charge", 0.0, 1.0}, {"voltage", 0.0, 64.0}, {"current", -64.0, 64.0},
    {"temperature", 173.0, 373.0},
};

static const method METHODS[] = {{"state", false, 0, {{0, 0, 0, 0}}}};

typedef struct { double inputs[INPUTS]; } battery;
EXAMPLE_FITS(battery);

void example_init(void *own) {
    battery new = {{0.5, 28.0, 0.0, 290.0}};
    *(battery *)own = new;
}

bool example_set(void *own, const char *name, double value) {
    for (int i = 0; i < INPUTS; i++) {
        if (strcmp(name, RANGES[i].name)) continue;
        ((battery *)own)->inputs[i] = value;
        return true;
    }
    return false;
}

static bool feel(device *d, const item *name, double value) {
    battery *b = d->own;
    for (int i = 0; i < INPUTS; i++) {
        if (!item_is(name, RANGES[i].name)) continue;
        b->inputs[i] = value;
        return true;
    }
    return false;
}

static void read_state(device *d, int which, packer *p) {
    const battery *b = d->own;
    (void)which;
    pack_map(p, INPUTS);
    for (int i = 0; i < INPUTS; i++) {
        double span = RANGES[i].highest - RANGES[i].lowest;
        double counts = round(4095.0 * (b->inputs[i] - RANGES[i].lowest) / span);
        counts = fmax(0.0, fmin(4095.0, counts));
        pack_text(p, RANGES[i].name);
        pack_double(p, RANGES[i].lowest + span * counts / 4095.0);
    }
}

const device_class EXAMPLE = {
    .interface = "Battery", .interface_hash = INTERFACE_HASH, .model = "demo-gauge",
    .firmware = "0.1", .methods = METHODS, .method_count = 1, .read = read_state,
    .stimulus = feel,
};
