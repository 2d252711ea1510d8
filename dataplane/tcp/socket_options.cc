#include "dataplane/tcp/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace strata::dataplane {
namespace {

constexpr int kBacklog = 512;

Endpoint to_endpoint(const sockaddr_storage& address) {
    Endpoint endpoint;
    if (address.ss_family == AF_INET) {
        const auto& a = reinterpret_cast<const sockaddr_in&>(address);
        std::array<std::uint8_t, 4> b;
        std::memcpy(b.data(), &a.sin_addr, b.size());
        return {IpAddress::v4(b), ntohs(a.sin_port)};
    }
    const auto& a = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(endpoint.address.bytes.data(), &a.sin6_addr, endpoint.address.bytes.size());
    endpoint.port = ntohs(a.sin6_port);
    return endpoint;
}

socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& out) {
    out = {};
    if (endpoint.address.is_v4()) {
        auto& a = reinterpret_cast<sockaddr_in&>(out);
        a.sin_family = AF_INET;
        a.sin_port = htons(endpoint.port);
        std::memcpy(&a.sin_addr, endpoint.address.v4_bytes(), 4);
        return sizeof a;
    }
    auto& a = reinterpret_cast<sockaddr_in6&>(out);
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(endpoint.port);
    std::memcpy(&a.sin6_addr, endpoint.address.bytes.data(), 16);
    return sizeof a;
}

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
