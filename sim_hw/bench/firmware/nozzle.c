/* A nozzle that is swung by two drives: a device of the interface AttitudeEffectors. The cold gas
   beside it is a dummy: its pulses are taken, and nothing is blown. */
#include "example.h"

#include <math.h>
#include <string.h>

#define LARGEST 1.0e6 /* rad: what is asked beyond the stop is held at the stop */

static const method METHODS[] = {
    {"steer", true, 4, {{"pitch", -LARGEST, LARGEST, 0}, {"yaw", -LARGEST, LARGEST, 0},
                        {"pulses", -10.0, 10.0, 3}, {"forward", -10.0, 10.0, 0}}},
};

typedef struct {
    double rate, lag, stop; /* rad/s, s, rad */
    double angle[2], wanted[2];
    uint64_t since_us;
} nozzle;
EXAMPLE_FITS(nozzle);

void example_init(void *own) {
    nozzle new = {.rate = 0.5236, .lag = 0.03, .stop = 0.08727};
    *(nozzle *)own = new;
}

bool example_set(void *own, const char *name, double value) {
    nozzle *n = own;
    if (!strcmp(name, "rate")) n->rate = value;
    else if (!strcmp(name, "lag")) n->lag = value;
    else if (!strcmp(name, "stop")) n->stop = value;
    else return false;
    return true;
}

static void swing(nozzle *n, uint64_t now_us) {
    double seconds = (double)(now_us - n->since_us) * 1e-6;
    double part = 1.0 - exp(-seconds / n->lag), most = n->rate * seconds;
    n->since_us = now_us;
    for (int i = 0; i < 2; i++) {
        double step = part * (n->wanted[i] - n->angle[i]);
        n->angle[i] += fmax(-most, fmin(most, step));
    }
}

static const char *begin_steering(device *d, int which, const double *values) {
    nozzle *n = d->own;
    (void)which;
    swing(n, d->now_us);
    for (int i = 0; i < 2; i++) n->wanted[i] = fmax(-n->stop, fmin(n->stop, values[i]));
    return NULL;
}

static void hold(device *d) { /* its drives would go on to where they were told to be */
    nozzle *n = d->own;
    swing(n, d->now_us);
    for (int i = 0; i < 2; i++) n->wanted[i] = n->angle[i];
}

static bool at_once(device *d, double seconds, const char **fault) {
    (void)d; (void)seconds; (void)fault;
    return true; /* it follows what it was told, and the next call says where it is by then */
}

static void tell_angles(const device *d, packer *p) {
    const nozzle *n = d->own;
    pack_text(p, "pitch"); pack_double(p, n->angle[0]);
    pack_text(p, "yaw"); pack_double(p, n->angle[1]);
    pack_text(p, "gas"); pack_double(p, 0.0);
}

const device_class EXAMPLE = {
    .interface = "AttitudeEffectors", .interface_hash = INTERFACE_HASH, .model = "demo-nozzle",
    .firmware = "0.1", .methods = METHODS, .method_count = 1, .read = NULL,
    .begin = begin_steering, .advance = at_once, .done_count = 3, .done = tell_angles,
    .halt = hold,
};
