/* SPDX-License-Identifier: MIT */
#include "log.h"

#define TEXT_MAX 64
#define DIGITS_MAX 10

/* Writes value in decimal to at; returns the number of digits. By subtraction,
 * since some CPUs divide only with the help of a library. */
static size_t put_decimal(char *at, uint32_t value)
{
    static const uint32_t powers[DIGITS_MAX] = {
        1000000000, 100000000, 10000000, 1000000, 100000,
        10000,      1000,      100,      10,      1,
    };
    size_t count = 0;

    for (int i = 0; i < DIGITS_MAX; i++) {
        char digit = '0';
        while (value >= powers[i]) {
            value -= powers[i];
            digit++;
        }
        if (digit != '0' || count > 0 || i == DIGITS_MAX - 1)
            at[count++] = digit;
    }
    return count;
}

void rgt__log_num(struct rgt_hal *hal, const char *text, uint32_t value)
{
    char line[TEXT_MAX + DIGITS_MAX + 1];
    size_t len = 0;

    while (len < TEXT_MAX && text[len] != '\0') {
        line[len] = text[len];
        len++;
    }
    len += put_decimal(line + len, value);
    line[len] = '\0';
    hal->ops->log(hal, line);
}
