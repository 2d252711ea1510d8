#include "dataplane/net/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
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

// RTM_NEWADDR with one attribute (rtnetlink(7)).
struct AddressRequest {
    nlmsghdr head{};
    ifaddrmsg message{};
    rtattr local{};
    std::array<std::uint8_t, 16> bytes{};  // of IPv4 the first four
};
static_assert(sizeof(AddressRequest) == NLMSG_LENGTH(sizeof(ifaddrmsg)) + RTA_LENGTH(16));

AddressRequest request_for(const Prefix& address, int interface) {
    const bool v4 = address.address.is_v4();
    const std::size_t size = v4 ? 4 : 16;
    AddressRequest request;
    request.head.nlmsg_len =
        static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof request.message) + RTA_LENGTH(size));
    request.head.nlmsg_type = RTM_NEWADDR;
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    request.message.ifa_family = v4 ? AF_INET : AF_INET6;
    request.message.ifa_prefixlen = address.bits;
    request.message.ifa_index = static_cast<std::uint32_t>(interface);
    request.local = {static_cast<std::uint16_t>(RTA_LENGTH(size)), IFA_LOCAL};
    const std::uint8_t* from = v4 ? address.address.v4_bytes() : address.address.bytes.data();
    std::memcpy(request.bytes.data(), from, size);
    return request;
}

// One interface, by ioctl; its addresses by rtnetlink, which takes several of either family. The
// first refusal stays.
class Interface {
  public:
    explicit Interface(std::string name)
        : name_(std::move(name)),
          socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
          netlink_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {}
    ~Interface() {
        ::close(socket_);
        ::close(netlink_);
    }
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
    void add_address(const Prefix& address) {
        ifreq interface = request_for(name_);
        ask(SIOCGIFINDEX, &interface, "its index");
        const AddressRequest request = request_for(address, interface.ifr_ifindex);
        struct {
            nlmsghdr head;
            nlmsgerr result;
        } answer{};
        const bool answered = ::send(netlink_, &request, request.head.nlmsg_len, 0) > 0 &&
                              ::recv(netlink_, &answer, sizeof answer, 0) > 0;
        if (answered) errno = -answer.result.error;
        if (!answered || answer.result.error != 0)
            refused("its address " + to_string(address.address));
    }

  private:
    void ask(unsigned long what, void* request, const char* text) {
        if (error_.empty() && ::ioctl(socket_, what, request) != 0) refused(text);
    }
    void refused(const std::string& what) {
        if (!error_.empty()) return;
        error_ = "can't set " + what + " on " + name_ + ": " + std::strerror(errno);
    }

    std::string name_;
    int socket_, netlink_;
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
    Interface interface(name);
    interface.set_mac(local.mac);
    interface.set_mtu(mtu);
    for (const Prefix& address : local.own.all()) interface.add_address(address);
    interface.set_up();
    if (!interface.error().empty()) return std::unexpected(interface.error());
    return tap;
}

Tap::Tap(Tap&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Tap::~Tap() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace strata::dataplane::net
