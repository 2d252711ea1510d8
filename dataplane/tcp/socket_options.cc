#include "dataplane/tcp/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "dataplane/port/socket_address.h"

namespace strata::dataplane {
namespace {

constexpr int kBacklog = 512;

void set(int fd, int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

std::expected<int, int> listen_tcp(const Endpoint& at) {
    sockaddr_storage address;
    const socklen_t size = to_sockaddr(at, address);
    const int fd = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return std::unexpected(errno);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.ss_family == AF_INET6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
        ::listen(fd, kBacklog) == 0)
        return fd;
    const int error = errno;
    ::close(fd);
    return std::unexpected(error);
}

Endpoint local_endpoint(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return to_endpoint(address);
}

Endpoint remote_endpoint(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return to_endpoint(address);
}

void set_for_media(int fd, std::uint32_t unsent_bytes) {
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(unsent_bytes));
}

bool raise_descriptor_limit(std::uint64_t descriptors) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    if (limit.rlim_cur >= descriptors) return true;
    limit.rlim_cur = descriptors;
    limit.rlim_max = std::max<rlim_t>(limit.rlim_max, descriptors);
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void set_readable_at(int fd, std::size_t bytes) {
    set(fd, SOL_SOCKET, SO_RCVLOWAT, static_cast<int>(bytes));
}

}  // namespace strata::dataplane
