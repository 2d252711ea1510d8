#include "dataplane/tcp/descriptor_handover.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace strata::dataplane {

std::expected<void, std::string> DescriptorHandover::listen(const std::string& path) {
    auto listener = api::SeqpacketListener::listen(path);
    if (!listener) return std::unexpected(listener.error());
    listener_ = std::move(*listener);
    if (::chmod(path.c_str(), 0600) != 0)
        return std::unexpected(path + ": chmod: " + std::strerror(errno));
    return {};
}

void DescriptorHandover::accept() {
    while (auto link = listener_.accept()) link_ = std::move(*link);
}

bool DescriptorHandover::give(int fd) {
    if (!link_.connected()) return false;
    char kind = kTls;
    iovec part{&kind, sizeof kind};
    union {
        cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } rights{};
    rights.header.cmsg_level = SOL_SOCKET;
    rights.header.cmsg_type = SCM_RIGHTS;
    rights.header.cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(&rights.header), &fd, sizeof fd);
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = rights.bytes;
    message.msg_controllen = sizeof rights.bytes;
    ssize_t sent;
    do {
        sent = ::sendmsg(link_.fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_EOR);
    } while (sent < 0 && errno == EINTR);
    if (sent > 0) return true;
    if (errno != EAGAIN && errno != ENOBUFS && errno != ETOOMANYREFS) link_.close();
    return false;
}

std::string handover_path(const std::string& control_socket) { return control_socket + ".accept"; }

}  // namespace strata::dataplane
