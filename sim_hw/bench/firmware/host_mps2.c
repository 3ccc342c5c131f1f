/* The device without an operating system: Cortex-M3 on the board MPS2 (AN385), its UART is the line.

   qemu-system-arm -M mps2-an385 -kernel DEVICE_cortex_m3.elf -display none -monitor none
       -serial unix:PATH,server=on,wait=off */
#include <string.h>

#include "example.h"

#ifndef SPEED
#define SPEED 1.0 /* m/s, rad/s: of wheels */
#endif

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CONTROL REGISTER(0x40004008u)
#define UART_CLEAR REGISTER(0x4000400cu)
#define UART_DIVIDER REGISTER(0x40004010u)
#define SYSTICK_CONTROL REGISTER(0xe000e010u)
#define SYSTICK_RELOAD REGISTER(0xe000e014u)
#define SYSTICK_VALUE REGISTER(0xe000e018u)
#define NVIC_ENABLE REGISTER(0xe000e100u)

#define CLOCK_HZ 25000000u
#define TICK_US 1000u
#define TICKS (CLOCK_HZ / 1000000u * TICK_US)
#define ROOM 1024u /* bytes that were received and not yet looked at */

static volatile uint8_t received[ROOM];
static volatile uint32_t received_head, received_tail;
static volatile uint32_t milliseconds, wraps;

static void uart_received(void) {
    UART_CLEAR = 2u;  /* before it is looked at: what comes meanwhile interrupts anew */
    while (UART_STATE & 2u) {
        uint8_t byte = (uint8_t)UART_DATA;
        uint32_t next = (received_head + 1u) % ROOM;
        if (next != received_tail) {  /* else it is lost, and the checksum tells */
            received[received_head] = byte;
            received_head = next;
        }
    }
}

static void tick(void) {
    if (++milliseconds == 0) wraps++;
}

static uint64_t now_us(void) {
    uint32_t high, low, left;
    do {
        high = wraps;
        low = milliseconds;
        left = SYSTICK_VALUE;
    } while (low != milliseconds || high != wraps);
    uint64_t ms = (uint64_t)high << 32 | low;
    return 1u + ms * 1000u + (TICKS - 1u - left) / (CLOCK_HZ / 1000000u);
}

/* Never back: an interrupt may wait while the counter has begun anew. */
static uint64_t later_us(void) {
    static uint64_t last;
    uint64_t now = now_us();
    if (now > last) last = now;
    return last;
}

static void write_uart(void *context, const uint8_t *data, size_t length) {
    (void)context;
    for (size_t i = 0; i < length; i++) {
        while (UART_STATE & 1u) { }
        UART_DATA = data[i];
    }
}

static void serve(void) {
    static example_room own;
    static device d;
    example_init(&own);
    (void)example_set(&own, "speed", SPEED);
    (void)example_set(&own, "turn-rate", SPEED);
    device_init(&d, &EXAMPLE, &own, "M3-0001", write_uart, NULL);
    device_plugged(&d);
    for (;;) {
        while (received_tail != received_head) {
            uint8_t byte = received[received_tail];
            received_tail = (received_tail + 1u) % ROOM;
            /* What has come is not older than the time that is read behind it: nothing has begun
               before it was asked for, also where this processor was held up in between. */
            device_take(&d, &byte, 1, later_us());
        }
        device_tick(&d, later_us());
        if (received_tail == received_head) __asm__ volatile("wfi");
    }
}

extern uint8_t data_begin[], data_end[], data_stored[], bss_begin[], bss_end[], stack_top[];
void reset(void);
static void halt(void) { for (;;) { } }

void reset(void) {
    memcpy(data_begin, data_stored, (size_t)(data_end - data_begin));
    memset(bss_begin, 0, (size_t)(bss_end - bss_begin));
    UART_DIVIDER = 16u;
    UART_CONTROL = 1u | 2u | 8u; /* send, receive, and an interrupt for what is received */
    NVIC_ENABLE = 1u;            /* interrupt 0: UART 0 has received */
    SYSTICK_RELOAD = TICKS - 1u;
    SYSTICK_VALUE = 0u;
    SYSTICK_CONTROL = 7u;
    serve();
}

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint8_t *stack;
    vector handlers[16];
} VECTORS = {
    stack_top,
    {reset, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt, halt, tick,
     uart_received},
};
