/* The rules of the device protocol, for any device: what is one's own is in a `device_class`. */
#ifndef THREEFORKS_DEVICE_H
#define THREEFORKS_DEVICE_H

#include "pack.h"
#include "wire.h"

#define DEVICE_ARGUMENTS 4   /* of one method at most */
#define DEVICE_VALUES 8      /* numbers of all arguments of a method at most */
#define DEVICE_KEPT 4        /* motions whose answers are kept for a number that comes again */
#define DEVICE_ANSWER 360u   /* bytes of an answer at most */
#define EFFECT_EVERY_US 40000u
#define SILENCE_US 1000000u

/* A number, or a list of `items` numbers (0: no list); required. */
typedef struct { const char *name; double lowest, highest; int items; } argument;

typedef struct {
    const char *name;
    bool actuates;
    int count;
    argument arguments[DEVICE_ARGUMENTS];
} method;

typedef struct device device;

typedef struct {
    const char *interface, *interface_hash, *model, *firmware;
    const method *methods;
    int method_count;
    /* A reading: writes the result. */
    void (*read)(device *d, int which, packer *p);
    /* Begins a motion. Returns NULL, or a word of the interface for why it cannot be begun. */
    const char *(*begin)(device *d, int which, const double *values);
    /* Goes on by so many seconds. Returns true when the motion has come to its end; `*fault` is set
       to a word of the interface where it has ended in one. */
    bool (*advance)(device *d, double seconds, const char **fault);
    /* What the motion has done since its start: `count` pairs. Also the result of a motion done. */
    int done_count;
    void (*done)(const device *d, packer *p);
    /* Or NULL. It is safe from now on: what still goes on of motions that are over is to stand. */
    void (*halt)(device *d);
    /* Or NULL. A self-test: writes the list of its rows. */
    void (*self_test)(const device *d, packer *p);
    /* Or NULL. What the simulated world does to it; returns whether it has such a thing. */
    bool (*stimulus)(device *d, const item *name, double value);
} device_class;

typedef struct { uint32_t number; bool used, answered; uint16_t length; uint8_t data[DEVICE_ANSWER]; } kept;

struct device {
    const device_class *of;
    void (*write)(void *context, const uint8_t *data, size_t length);
    void *context;
    void *own;             /* of the device class */
    const char *serial;
    wire_reader reader;
    kept kept[DEVICE_KEPT];
    int next_kept;
    bool greeted, safe, moving;
    uint32_t number;       /* of the motion */
    uint64_t sequence, now_us, heard_us, moved_us, told_us;
};

void device_init(device *d, const device_class *of, void *own, const char *serial,
                 void (*write)(void *, const uint8_t *, size_t), void *context);
void device_plugged(device *d);    /* a new connection */
void device_unplugged(device *d);  /* none any more: what moves stops */
void device_take(device *d, const uint8_t *data, size_t length, uint64_t now_us);
void device_tick(device *d, uint64_t now_us);  /* at least every 20 ms */

#endif
