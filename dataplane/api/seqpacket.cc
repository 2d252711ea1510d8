#include "dataplane/api/seqpacket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "dataplane/api/protocol.h"

namespace strata::api {
namespace {

constexpr int kSocketBufferBytes = 1 << 20;  // some sixteen of the largest messages in flight

std::string failure(const std::string& path, const char* action) {
    return path + ": " + action + ": " + std::strerror(errno);
}

// False when the path doesn't fit into a socket address (107 bytes).
bool make_address(const std::string& path, sockaddr_un& address) {
    address = {};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    return true;
}

int make_socket() {
    const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    // Best effort: the kernel's own maximum applies, and the link works with its default.
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBufferBytes, sizeof(kSocketBufferBytes));
    return fd;
}

int connect_to(int fd, const sockaddr_un& address) {
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

}  // namespace

const char* to_string(LinkError error) {
    switch (error) {
        case LinkError::would_block: return "would block";
        case LinkError::closed: return "closed by the peer";
        case LinkError::truncated: return "message too large, truncated";
        case LinkError::too_large: return "message too large to send";
        case LinkError::system: return "system error";
    }
    return "unknown";
}

SeqpacketLink::SeqpacketLink(SeqpacketLink&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

SeqpacketLink& SeqpacketLink::operator=(SeqpacketLink&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void SeqpacketLink::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::expected<SeqpacketLink, std::string> SeqpacketLink::connect(const std::string& path) {
    sockaddr_un address;
    if (!make_address(path, address))
        return std::unexpected(path + ": not usable as a socket path (1 to 107 bytes)");
    SeqpacketLink link(make_socket());
    if (!link.connected()) return std::unexpected(failure(path, "socket"));
    if (connect_to(link.fd_, address) != 0) return std::unexpected(failure(path, "connect"));
    return link;
}

std::expected<void, LinkError> SeqpacketLink::send(std::string_view message) {
    if (message.empty() || message.size() > kMaxMessageBytes)
        return std::unexpected(LinkError::too_large);
    ssize_t sent;
    do {
        sent = ::send(fd_, message.data(), message.size(), MSG_NOSIGNAL | MSG_EOR);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return {};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
        return std::unexpected(LinkError::would_block);
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
        return std::unexpected(LinkError::closed);
    return std::unexpected(LinkError::system);
}

std::expected<std::size_t, LinkError> SeqpacketLink::receive(std::span<char> buffer) {
    iovec part{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    ssize_t received;
    do {
        received = ::recvmsg(fd_, &header, 0);
    } while (received < 0 && errno == EINTR);
    if (received > 0) {
        if (header.msg_flags & MSG_TRUNC) return std::unexpected(LinkError::truncated);
        return static_cast<std::size_t>(received);
    }
    if (received == 0) return std::unexpected(LinkError::closed);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::unexpected(LinkError::would_block);
    if (errno == ECONNRESET || errno == ENOTCONN) return std::unexpected(LinkError::closed);
    return std::unexpected(LinkError::system);
}

SeqpacketListener::SeqpacketListener(SeqpacketListener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::exchange(other.path_, {})) {}

SeqpacketListener& SeqpacketListener::operator=(SeqpacketListener&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        path_ = std::exchange(other.path_, {});
    }
    return *this;
}

void SeqpacketListener::close() {
    if (fd_ < 0) return;
    ::close(std::exchange(fd_, -1));
    ::unlink(path_.c_str());
}

std::expected<SeqpacketListener, std::string> SeqpacketListener::listen(const std::string& path) {
    sockaddr_un address;
    if (!make_address(path, address))
        return std::unexpected(path + ": not usable as a socket path (1 to 107 bytes)");
    if (SeqpacketLink probe(make_socket()); probe.connected()) {
        if (connect_to(probe.fd(), address) == 0)
            return std::unexpected(path + ": another process listens here already");
        if (errno == ECONNREFUSED) ::unlink(path.c_str());
    }
    const int fd = make_socket();
    if (fd < 0) return std::unexpected(failure(path, "socket"));
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        const std::string error = failure(path, "bind");
        ::close(fd);
        return std::unexpected(error);
    }
    SeqpacketListener listener;
    listener.fd_ = fd;
    listener.path_ = path;
    if (::chmod(path.c_str(), 0660) != 0) return std::unexpected(failure(path, "chmod"));
    if (::listen(fd, 4) != 0) return std::unexpected(failure(path, "listen"));
    return listener;
}

std::expected<SeqpacketLink, LinkError> SeqpacketListener::accept() {
    int fd;
    do {
        fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd >= 0) return SeqpacketLink(fd);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::unexpected(LinkError::would_block);
    return std::unexpected(LinkError::system);
}

}  // namespace strata::api
