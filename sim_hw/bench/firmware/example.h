/* What each example device gives its hosts. */
#ifndef THREEFORKS_EXAMPLE_H
#define THREEFORKS_EXAMPLE_H

#include "device.h"

#ifndef INTERFACE_HASH
#error "INTERFACE_HASH is the hash of the device's interface; msr hil build gives it"
#endif

#define EXAMPLE_ROOM 256 /* bytes of what is a device's own, at most */
typedef union { uint64_t align; uint8_t bytes[EXAMPLE_ROOM]; } example_room;
#define EXAMPLE_FITS(type) typedef char fits_##type[sizeof(type) <= EXAMPLE_ROOM ? 1 : -1]

extern const device_class EXAMPLE;

void example_init(void *own);
bool example_set(void *own, const char *name, double value); /* false: it has no such setting */

#endif
