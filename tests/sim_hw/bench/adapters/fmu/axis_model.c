/* Wheels on an axis as a model for co-simulation, FMI 3.0: they go to a target at 2 m/s (rad/s), as
 * soon as `motion` has changed to 1 (drive) or 2 (turn); 0 stops them.
 * Only what this one needs of the interface is here; the types are those of the standard. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef void *instance;
typedef unsigned int reference;
typedef enum { OK, WARNING, DISCARD, ERROR, FATAL } status;

enum { TARGET, MOTION, JAMS_AT, WAY, TURNED, STATE, VALUES };
enum { IDLE, MOVING, DONE, STALLED, STOPPED };

typedef struct { double value[VALUES], before; } axis;

/* The standard wants each function to be there; these do nothing here. */
#define NONE(name) status fmi3##name(void) { return ERROR; }
NONE(ActivateModelPartition) NONE(CompletedIntegratorStep) NONE(DeserializeFMUState)
NONE(EnterConfigurationMode) NONE(EnterContinuousTimeMode) NONE(EnterEventMode) NONE(EnterStepMode)
NONE(EvaluateDiscreteStates) NONE(ExitConfigurationMode) NONE(FreeFMUState)
NONE(GetAdjointDerivative) NONE(GetBinary) NONE(GetBoolean) NONE(GetClock)
NONE(GetContinuousStateDerivatives) NONE(GetContinuousStates) NONE(GetDirectionalDerivative)
NONE(GetEventIndicators) NONE(GetFMUState) NONE(GetFloat32) NONE(GetInt16) NONE(GetInt32)
NONE(GetInt64) NONE(GetInt8) NONE(GetIntervalDecimal) NONE(GetIntervalFraction)
NONE(GetNominalsOfContinuousStates) NONE(GetNumberOfContinuousStates)
NONE(GetNumberOfEventIndicators) NONE(GetNumberOfVariableDependencies) NONE(GetOutputDerivatives)
NONE(GetShiftDecimal) NONE(GetShiftFraction) NONE(GetString) NONE(GetUInt16) NONE(GetUInt32)
NONE(GetUInt64) NONE(GetUInt8) NONE(GetVariableDependencies) NONE(InstantiateModelExchange)
NONE(InstantiateScheduledExecution) NONE(Reset) NONE(SerializeFMUState) NONE(SerializedFMUStateSize)
NONE(SetBinary) NONE(SetBoolean) NONE(SetClock) NONE(SetContinuousStates) NONE(SetDebugLogging)
NONE(SetFMUState) NONE(SetFloat32) NONE(SetInt16) NONE(SetInt32) NONE(SetInt64) NONE(SetInt8)
NONE(SetIntervalDecimal) NONE(SetIntervalFraction) NONE(SetShiftDecimal) NONE(SetShiftFraction)
NONE(SetString) NONE(SetTime) NONE(SetUInt16) NONE(SetUInt32) NONE(SetUInt64) NONE(SetUInt8)
NONE(UpdateDiscreteStates)

const char *fmi3GetVersion(void) { return "3.0"; }

instance fmi3InstantiateCoSimulation(const char *name, const char *token, const char *resources,
                                     bool visible, bool logging, bool events, bool early,
                                     const reference *required, size_t count, void *environment,
                                     void *log, void *update) {
    (void)name; (void)resources; (void)visible; (void)logging; (void)events; (void)early;
    (void)required; (void)count; (void)environment; (void)log; (void)update;
    if (strcmp(token, "{threeforks-axis-1}")) return NULL;
    axis *a = calloc(1, sizeof *a);
    a->value[WAY] = 7.0; /* it was driven before */
    a->value[STATE] = DONE;
    return a;
}

void fmi3FreeInstance(instance i) { free(i); }
status fmi3EnterInitializationMode(instance i, bool tolerant, double tolerance, double start,
                                   bool ends, double stop) {
    (void)i; (void)tolerant; (void)tolerance; (void)start; (void)ends; (void)stop;
    return OK;
}
status fmi3ExitInitializationMode(instance i) { (void)i; return OK; }
status fmi3Terminate(instance i) { (void)i; return OK; }

status fmi3GetFloat64(instance i, const reference *which, size_t count, double *values,
                      size_t n) {
    (void)n;
    for (size_t k = 0; k < count; k++) {
        if (which[k] >= VALUES) return ERROR;
        values[k] = ((axis *)i)->value[which[k]];
    }
    return OK;
}

status fmi3SetFloat64(instance i, const reference *which, size_t count, const double *values,
                      size_t n) {
    (void)n;
    for (size_t k = 0; k < count; k++) {
        if (which[k] > JAMS_AT) return ERROR;
        ((axis *)i)->value[which[k]] = values[k];
    }
    return OK;
}

status fmi3DoStep(instance i, double at, double step, bool keeps, bool *event, bool *ends,
                  bool *early, double *reached) {
    axis *a = i;
    double *v = a->value;
    (void)keeps;
    *event = *early = false;
    *ends = v[JAMS_AT] < 0.0; /* a model that has had enough */
    *reached = at + step;
    if (v[MOTION] != a->before) {
        a->before = v[MOTION];
        v[STATE] = v[MOTION] > 0.0 ? MOVING : v[STATE] == MOVING ? STOPPED : v[STATE];
    }
    if (v[STATE] == MOVING) {
        double *place = v[MOTION] == 1.0 ? &v[WAY] : &v[TURNED], left = v[TARGET] - *place;
        *place += copysign(fmin(2.0 * step, fabs(left)), left);
        if (v[JAMS_AT] > 0.0 && *place >= v[JAMS_AT]) v[STATE] = STALLED;
        else if (fabs(v[TARGET] - *place) < 1e-9) v[STATE] = DONE;
    }
    return OK;
}
