#include "dataplane/net/tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace strata::dataplane::net {

namespace {

ifreq request_for(const std::string& name) {
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

sockaddr_in socket_address(std::uint32_t network_order) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = network_order;
    return address;
}

// One interface, by ioctl. The first refusal stays.
class Interface {
  public:
    Interface(std::string name, int family)
        : name_(std::move(name)), socket_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
    ~Interface() { ::close(socket_); }
    Interface(const Interface&) = delete;
    Interface& operator=(const Interface&) = delete;

    const std::string& error() const { return error_; }

    void set_mac(const MacAddress& mac) {
        ifreq request = request_for(name_);
        request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
        std::memcpy(request.ifr_hwaddr.sa_data, mac.data(), mac.size());
        ask(SIOCSIFHWADDR, &request, "its MAC address");
    }
    void set_mtu(std::uint16_t mtu) {
        ifreq request = request_for(name_);
        request.ifr_mtu = mtu;
        ask(SIOCSIFMTU, &request, "its MTU");
    }
    void set_up() {
        ifreq request = request_for(name_);
        ask(SIOCGIFFLAGS, &request, "its flags");
        request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
        ask(SIOCSIFFLAGS, &request, "up");
    }
    void set_address(const LocalNet& local) {
        if (!local.address.is_v4()) return set_address_v6(local);
        std::uint32_t address;
        std::memcpy(&address, local.address.v4_bytes(), 4);
        const std::uint32_t mask = htonl(~std::uint32_t{0} << (32 - local.prefix_bits));
        set_ipv4(SIOCSIFADDR, address, "its address");
        set_ipv4(SIOCSIFNETMASK, mask, "its prefix");
    }

  private:
    void set_ipv4(unsigned long what, std::uint32_t value, const char* text) {
        ifreq request = request_for(name_);
        const sockaddr_in address = socket_address(value);
        std::memcpy(&request.ifr_addr, &address, sizeof address);
        ask(what, &request, text);
    }
    void set_address_v6(const LocalNet& local) {
        ifreq request = request_for(name_);
        ask(SIOCGIFINDEX, &request, "its index");
        in6_ifreq wanted{};
        std::memcpy(&wanted.ifr6_addr, local.address.bytes.data(), 16);
        wanted.ifr6_prefixlen = local.prefix_bits;
        wanted.ifr6_ifindex = request.ifr_ifindex;
        ask(SIOCSIFADDR, &wanted, "its address");
    }
    void ask(unsigned long what, void* request, const char* text) {
        if (!error_.empty() || ::ioctl(socket_, what, request) == 0) return;
        error_ = "can't set " + std::string(text) + " on " + name_ + ": " + std::strerror(errno);
    }

    std::string name_;
    int socket_;
    std::string error_;
};

}  // namespace

std::expected<Tap, std::string> Tap::open(const std::string& name, const LocalNet& local,
                                          std::uint16_t mtu) {
    const auto failure = [&](const char* what) {
        return std::unexpected(std::string(what) + ": " + std::strerror(errno));
    };
    Tap tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (tap.fd() < 0) return failure("can't open /dev/net/tun");
    ifreq request = request_for(name);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(tap.fd(), TUNSETIFF, &request) != 0)
        return failure(("can't make the interface " + name).c_str());
    Interface interface(name, local.address.is_v4() ? AF_INET : AF_INET6);
    interface.set_mac(local.mac);
    interface.set_mtu(mtu);
    interface.set_address(local);
    interface.set_up();
    if (!interface.error().empty()) return std::unexpected(interface.error());
    return tap;
}

Tap::Tap(Tap&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Tap::~Tap() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace strata::dataplane::net
