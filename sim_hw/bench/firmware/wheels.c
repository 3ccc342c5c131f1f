/* Four driven wheels: a device of the interface Wheels. */
#include "example.h"

#include <math.h>
#include <string.h>

enum { STATE, DRIVE, TURN };

#define LONGEST_DRIVE 10.0 /* m */
#define PI 3.14159265358979323846

static const method METHODS[] = {
    {"state", false, 0, {{0, 0, 0, 0}}},
    {"drive", true, 1, {{"distance", -LONGEST_DRIVE, LONGEST_DRIVE, 0}}},
    {"turn", true, 1, {{"angle", -PI, PI, 0}}},
};

typedef struct {
    double speed, turn_rate;          /* m/s, rad/s */
    double odometer, turned, current; /* m, rad, A: since power on */
    int which;                        /* what moves */
    double goal, done, seconds;       /* of the motion */
} wheels;
EXAMPLE_FITS(wheels);

void example_init(void *own) {
    wheels new = {.speed = 1.0, .turn_rate = 1.0};
    *(wheels *)own = new;
}

bool example_set(void *own, const char *name, double value) {
    wheels *w = own;
    if (!strcmp(name, "speed")) w->speed = value;
    else if (!strcmp(name, "turn-rate")) w->turn_rate = value;
    else return false;
    return true;
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

const device_class EXAMPLE = {
    .interface = "Wheels", .interface_hash = INTERFACE_HASH, .model = "demo-motor",
    .firmware = "0.1", .methods = METHODS, .method_count = 3, .read = read_state,
    .begin = begin_motion, .advance = go_on, .done_count = 3, .done = tell_done,
};
