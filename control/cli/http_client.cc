#include "control/cli/http_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "dataplane/api/config/port_spec.h"

namespace strata::control::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::string_view kTcpScheme = "http://";
constexpr std::string_view kUnixScheme = "unix:";
constexpr int kBacklogPauseMs = 5;

// A socket that is closed with its owner.
class Socket {
  public:
    explicit Socket(int family)
        : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
    ~Socket() {
        if (fd_ >= 0) close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return fd_; }

  private:
    int fd_;
};

std::unexpected<CliError> unreachable(const Endpoint& endpoint, int error) {
    std::string hint =
        "is strata-control running? --api or control.api_socket in the configuration "
        "say where it listens";
    if (error == EACCES || error == EPERM) {
        hint = "the socket's owner, group and mode (control.api_socket_mode) say who may use it";
    }
    return std::unexpected(CliError{
        ExitCode::kUnreachable, "unreachable",
        "no control plane at " + endpoint.text() + ": " + strerror(error), std::move(hint)});
}

std::unexpected<CliError> not_understood(const Endpoint& endpoint, const std::string& why) {
    return std::unexpected(
        CliError{ExitCode::kUnreachable, "bad-answer",
                 "the answer of " + endpoint.text() + " can't be understood: " + why,
                 "is that the address of strata-control?"});
}

// True when the socket is ready for `events` before the deadline.
bool wait_for(int fd, short events, Clock::time_point deadline) {
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd entry{.fd = fd, .events = events, .revents = 0};
        const int ready = poll(&entry, 1, static_cast<int>(std::max<long>(left, 0)));
        if (ready > 0) return true;
        if (ready == 0) return false;
        if (errno != EINTR) return false;
    }
}

// Waits for a connection under way: 0 or errno.
int connected(int fd, Clock::time_point deadline) {
    if (!wait_for(fd, POLLOUT, deadline)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

// 0 or errno.
int connect_socket(const Socket& socket, const Endpoint& endpoint, Clock::time_point deadline) {
    union {
        sockaddr any;
        sockaddr_un local;
        sockaddr_in v4;
        sockaddr_in6 v6;
    } address{};
    socklen_t size = 0;
    if (!endpoint.unix_path.empty()) {
        address.local.sun_family = AF_UNIX;
        std::memcpy(address.local.sun_path, endpoint.unix_path.c_str(),
                    endpoint.unix_path.size() + 1);
        size = sizeof(address.local);
    } else if (inet_pton(AF_INET, endpoint.address.c_str(), &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(endpoint.port);
        size = sizeof(address.v4);
    } else {
        inet_pton(AF_INET6, endpoint.address.c_str(), &address.v6.sin6_addr);
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons(endpoint.port);
        size = sizeof(address.v6);
    }
    while (connect(socket.fd(), &address.any, size) != 0) {
        if (errno == EINPROGRESS) return connected(socket.fd(), deadline);
        // A Unix socket whose backlog is full: its queue moves on.
        if (errno != EAGAIN || Clock::now() >= deadline) return errno;
        poll(nullptr, 0, kBacklogPauseMs);
    }
    return 0;
}

// 0 or errno. A peer that answers before it has read everything isn't an error yet.
int send_all(int fd, std::string_view bytes, Clock::time_point deadline) {
    while (!bytes.empty()) {
        const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            if (!wait_for(fd, POLLOUT, deadline)) return ETIMEDOUT;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return 0;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

Result<Response> receive(int fd, const Endpoint& endpoint, Clock::time_point deadline) {
    std::string bytes;
    std::array<char, 65536> part{};
    while (true) {
        if (!wait_for(fd, POLLIN, deadline)) return unreachable(endpoint, ETIMEDOUT);
        const ssize_t size = recv(fd, part.data(), part.size(), 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (size < 0) return unreachable(endpoint, errno);
        bytes.append(part.data(), static_cast<std::size_t>(size));
        auto response = parse_response(bytes, size == 0);
        if (!response) return not_understood(endpoint, response.error());
        if (*response) return *std::move(*response);
        if (bytes.size() > kLongestHeaderBytes + kLongestBodyBytes) {
            return not_understood(endpoint, "it is too long");
        }
    }
}

}  // namespace

std::string Endpoint::text() const {
    if (!unix_path.empty()) return std::string(kUnixScheme) + unix_path;
    const bool v6 = address.find(':') != std::string::npos;
    return std::string(kTcpScheme) + (v6 ? "[" + address + "]" : address) + ":" +
           std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    Endpoint endpoint;
    std::string_view path = text;
    if (path.starts_with(kUnixScheme)) path.remove_prefix(kUnixScheme.size());
    if (path.starts_with('/')) {
        if (path.size() >= sizeof(sockaddr_un::sun_path)) {
            return usage_error("the path of a Unix socket has at most 107 bytes");
        }
        endpoint.unix_path = path;
        return endpoint;
    }
    std::string_view tcp = text;
    if (tcp.starts_with(kTcpScheme)) {
        tcp.remove_prefix(kTcpScheme.size());
        if (tcp.ends_with('/')) tcp.remove_suffix(1);
        if (api::is_loopback_endpoint(tcp)) {
            const std::size_t colon = tcp.rfind(':');
            endpoint.address = tcp.substr(0, colon);
            if (endpoint.address.front() == '[') {
                endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
            }
            std::from_chars(tcp.data() + colon + 1, tcp.data() + tcp.size(), endpoint.port);
            return endpoint;
        }
    }
    return usage_error(
        "\"" + std::string(text) + "\" isn't an address of a control plane",
        "expected unix:/run/strata/api.sock or http://127.0.0.1:8410 (loopback only)");
}

Result<Response> exchange(const Endpoint& endpoint, const Request& request, int timeout_ms) {
    const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
    const bool v6 = endpoint.address.find(':') != std::string::npos;
    const Socket socket(!endpoint.unix_path.empty() ? AF_UNIX : v6 ? AF_INET6 : AF_INET);
    if (socket.fd() < 0) return unreachable(endpoint, errno);
    if (const int error = connect_socket(socket, endpoint, deadline); error != 0) {
        return unreachable(endpoint, error);
    }
    const std::string host = endpoint.unix_path.empty() ? endpoint.text().substr(kTcpScheme.size())
                                                        : std::string("localhost");
    if (const int error = send_all(socket.fd(), request_bytes(request, host), deadline);
        error != 0) {
        return unreachable(endpoint, error);
    }
    return receive(socket.fd(), endpoint, deadline);
}

}  // namespace strata::control::cli
