/* Four driven wheels: a device of the interface Wheels. */
#ifndef THREEFORKS_WHEELS_H
#define THREEFORKS_WHEELS_H

#include "device.h"

typedef struct {
    double speed, turn_rate;          /* m/s, rad/s */
    double odometer, turned, current; /* m, rad, A: since power on */
    int which;                        /* what moves: 1 drive, 2 turn */
    double goal, done, seconds;       /* of the motion */
} wheels;

extern const device_class WHEELS;

void wheels_init(wheels *w, double speed, double turn_rate);

#endif
