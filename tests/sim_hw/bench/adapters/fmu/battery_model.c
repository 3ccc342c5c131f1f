/* A battery as a model for co-simulation, FMI 2.0: charge, and a cell that warms by its current.
 * Only what this one needs of the interface is here; the types are those of the standard. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void *component;
typedef unsigned int reference;
typedef enum { OK, WARNING, DISCARD, ERROR, FATAL } status;

enum { CURRENT, CAPACITY, RESISTANCE, BAD, CHARGE, VOLTAGE, TEMPERATURE, VALUES };

typedef struct { double value[VALUES]; } battery;

static void tell(battery *b) {
    double open = 24.0 + 9.6 * b->value[CHARGE];
    b->value[VOLTAGE] = open + b->value[RESISTANCE] * b->value[CURRENT];
}

/* The standard wants each function to be there; these do nothing here. */
#define NONE(name) status fmi2##name(void) { return ERROR; }
NONE(SetDebugLogging) NONE(Reset) NONE(GetInteger) NONE(GetBoolean) NONE(GetString)
NONE(SetInteger) NONE(SetBoolean) NONE(SetString) NONE(GetFMUstate) NONE(SetFMUstate)
NONE(FreeFMUstate) NONE(SerializedFMUstateSize) NONE(SerializeFMUstate)
NONE(DeSerializeFMUstate) NONE(GetDirectionalDerivative) NONE(SetRealInputDerivatives)
NONE(GetRealOutputDerivatives) NONE(CancelStep) NONE(GetStatus) NONE(GetRealStatus)
NONE(GetIntegerStatus) NONE(GetBooleanStatus) NONE(GetStringStatus)

const char *fmi2GetTypesPlatform(void) { return "default"; }
const char *fmi2GetVersion(void) { return "2.0"; }

component fmi2Instantiate(const char *name, int type, const char *guid, const char *resources,
                          const void *callbacks, int visible, int logging) {
    (void)name; (void)type; (void)resources; (void)callbacks; (void)visible; (void)logging;
    if (strcmp(guid, "{threeforks-battery-1}")) return NULL;
    battery *b = calloc(1, sizeof *b);
    b->value[CAPACITY] = 50.0; /* A h */
    b->value[RESISTANCE] = 0.05;
    b->value[CHARGE] = 0.5;
    b->value[TEMPERATURE] = 20.0;
    tell(b);
    return b;
}

void fmi2FreeInstance(component c) { free(c); }
status fmi2SetupExperiment(component c, int tolerant, double tolerance, double start, int ends,
                           double stop) {
    (void)c; (void)tolerant; (void)tolerance; (void)start; (void)ends; (void)stop;
    return OK;
}
status fmi2EnterInitializationMode(component c) { (void)c; return OK; }
status fmi2ExitInitializationMode(component c) { tell(c); return OK; }
status fmi2Terminate(component c) { (void)c; return OK; }

status fmi2GetReal(component c, const reference *which, size_t count, double *values) {
    for (size_t i = 0; i < count; i++) {
        if (which[i] >= VALUES) return ERROR;
        values[i] = ((battery *)c)->value[which[i]];
    }
    return OK;
}

status fmi2SetReal(component c, const reference *which, size_t count, const double *values) {
    for (size_t i = 0; i < count; i++) {
        if (which[i] > BAD) return ERROR;
        ((battery *)c)->value[which[i]] = values[i];
    }
    return OK;
}

status fmi2DoStep(component c, double at, double step, int keeps) {
    battery *b = c;
    (void)at; (void)keeps;
    if (b->value[BAD] == 1.0) return ERROR;
    if (b->value[BAD] == 2.0) abort();
    if (b->value[BAD] == 3.0) usleep((unsigned)(2e6 * step)); /* twice as slow as the wall */
    double current = b->value[CURRENT];
    b->value[CHARGE] += current * step / (3600.0 * b->value[CAPACITY]);
    b->value[TEMPERATURE] += 1e-4 * current * current * step;
    tell(b);
    return OK;
}
