#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>

namespace strata::dataplane {

// The next descriptor that came by `socket`, to be closed by the caller; -1: none did.
inline int take_descriptor(int socket) {
    char kind = 0;
    iovec part{&kind, 1};
    union {
        cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } rights{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = rights.bytes;
    message.msg_controllen = sizeof rights.bytes;
    if (::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return -1;
    EXPECT_EQ(kind, 'T');
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(&rights.header), sizeof fd);
    return fd;
}

}  // namespace strata::dataplane
