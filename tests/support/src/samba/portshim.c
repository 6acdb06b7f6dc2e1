/*
 * Samba's LDAP server has its ports written into it (389, 636, 3268, 3269). Loaded before
 * it, this lets it listen on others: PATCHBAY_PORTS="389=10389,636=10636,3268=0".
 *
 * It takes a connection for LDAPS when its own end has port 636, so getsockname() has to
 * tell the port that was asked for.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Where the port of an address is; NULL for other families and short addresses. */
static in_port_t *port_of(struct sockaddr *address, socklen_t length) {
    if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in))
        return &((struct sockaddr_in *)address)->sin_port;
    if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6))
        return &((struct sockaddr_in6 *)address)->sin6_port;
    return NULL;
}

/* Puts the other port of the pair in place of the one that is there. 0 stands for any free
 * port, so there is no way back from it. */
static void translate(in_port_t *port, int back) {
    const char *pair = getenv("PATCHBAY_PORTS");
    while (pair != NULL && *pair != '\0') {
        char *end = NULL;
        unsigned long asked = strtoul(pair, &end, 10);
        if (*end != '=')
            return;
        unsigned long real = strtoul(end + 1, &end, 10);
        if (ntohs(*port) == (back ? real : asked) && !(back && real == 0)) {
            *port = htons((in_port_t)(back ? asked : real));
            return;
        }
        pair = *end == ',' ? end + 1 : NULL;
    }
}

int bind(int socket, const struct sockaddr *address, socklen_t length) {
    int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
    struct sockaddr_storage changed;
    if (next == NULL) {
        errno = ENOSYS;
        return -1;
    }
    if (address == NULL || length > sizeof changed)
        return next(socket, address, length);
    memcpy(&changed, address, length);
    in_port_t *port = port_of((struct sockaddr *)&changed, length);
    if (port != NULL)
        translate(port, 0);
    return next(socket, (struct sockaddr *)&changed, length);
}

int getsockname(int socket, struct sockaddr *address, socklen_t *length) {
    int (*next)(int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "getsockname");
    if (next == NULL) {
        errno = ENOSYS;
        return -1;
    }
    int result = next(socket, address, length);
    in_port_t *port = result == 0 ? port_of(address, *length) : NULL;
    if (port != NULL)
        translate(port, 1);
    return result;
}
