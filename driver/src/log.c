/* SPDX-License-Identifier: MIT */
#include "log.h"

#define TEXT_MAX 64
#define DIGITS_MAX 10

void rgt__log_num(struct rgt_hal *hal, const char *text, uint32_t value)
{
    char line[TEXT_MAX + DIGITS_MAX + 1];
    char digits[DIGITS_MAX];
    size_t len = 0;
    size_t count = 0;

    while (len < TEXT_MAX && text[len] != '\0') {
        line[len] = text[len];
        len++;
    }
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0)
        line[len++] = digits[--count];
    line[len] = '\0';
    hal->ops->log(hal, line);
}
