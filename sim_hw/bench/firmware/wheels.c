#include "wheels.h"

#include <math.h>

#ifndef INTERFACE_HASH
#error "INTERFACE_HASH is the hash of the interface Wheels; msr hil build gives it"
#endif

enum { STATE, DRIVE, TURN };

#define LONGEST_DRIVE 10.0 /* m */
#define PI 3.14159265358979323846

static const method METHODS[] = {
    {"state", false, 0, {{0, 0, 0}}},
    {"drive", true, 1, {{"distance", -LONGEST_DRIVE, LONGEST_DRIVE}}},
    {"turn", true, 1, {{"angle", -PI, PI}}},
};

void wheels_init(wheels *w, double speed, double turn_rate) {
    wheels new = {.speed = speed, .turn_rate = turn_rate};
    *w = new;
}

static void read_state(device *d, int which, packer *p) {
    const wheels *w = d->own;
    (void)which;
    pack_map(p, 6);
    pack_text(p, "valid"); pack_bool(p, true);
    pack_text(p, "odometer"); pack_double(p, w->odometer);
    pack_text(p, "turned"); pack_double(p, w->turned);
    pack_text(p, "motor_temperature"); pack_double(p, 290.0);
    pack_text(p, "motor_current"); pack_double(p, w->current);
    pack_text(p, "dead_wheels"); pack_array(p, 0);
}

static const char *begin_motion(device *d, int which, const double *values) {
    wheels *w = d->own;
    w->which = which;
    w->goal = values[0];
    w->done = w->seconds = 0.0;
    w->current = 1.5;
    return NULL;
}

static bool go_on(device *d, double seconds, const char **fault) {
    wheels *w = d->own;
    double rate = w->which == DRIVE ? w->speed : w->turn_rate;
    double way = fmin(fabs(w->done) + rate * seconds, fabs(w->goal));
    double moved = copysign(way, w->goal) - w->done;
    (void)fault;
    w->seconds += seconds;
    w->done += moved;
    if (w->which == DRIVE) w->odometer += fabs(moved); else w->turned += moved;
    return way >= fabs(w->goal);
}

static void tell_done(const device *d, packer *p) {
    const wheels *w = d->own;
    pack_text(p, "distance"); pack_double(p, w->which == DRIVE ? w->done : 0.0);
    pack_text(p, "turned"); pack_double(p, w->which == TURN ? w->done : 0.0);
    pack_text(p, "seconds"); pack_double(p, w->seconds);
}

const device_class WHEELS = {
    .interface = "Wheels", .interface_hash = INTERFACE_HASH, .model = "demo-motor",
    .firmware = "0.1", .methods = METHODS, .method_count = 3, .read = read_state,
    .begin = begin_motion, .advance = go_on, .done_count = 3, .done = tell_done,
};
