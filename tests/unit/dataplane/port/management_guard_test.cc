#include "dataplane/port/management_guard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace strata::dataplane {
namespace {

namespace fs = std::filesystem;

class ManagementGuard : public testing::Test {
  protected:
    ManagementGuard() {
        root_ = fs::path(testing::TempDir()) / ("strata-guard-" + std::to_string(::getpid()));
        host_.sys = root_ / "sys";
        host_.proc = root_ / "proc";
        fs::create_directories(root_ / "proc/net");
        fs::create_directories(root_ / "sys/bus/pci/devices/0000:3b:00.0/net/eth0");
        fs::create_directories(root_ / "sys/bus/pci/devices/0000:3b:00.1");  // bound to vfio-pci
        fs::create_directories(root_ / "sys/bus/pci/devices/0000:00:05.0/virtio2/net/ens5");
        fs::create_directories(root_ / "sys/class/net/eth0");
    }
    ~ManagementGuard() override { fs::remove_all(root_); }

    void write(const char* file, const char* text) { std::ofstream(root_ / file) << text; }
    std::string refused(const char* spec) const { return needed_by_host(spec, host_); }
    static bool says(const std::string& text, const char* what) {
        return text.find(what) != std::string::npos;
    }

    fs::path root_;
    HostNetwork host_;
};

constexpr const char* kCard = "pci:0000:3b:00.0;address=10.0.0.1/24";

TEST_F(ManagementGuard, AnIdleCardMayBeTaken) {
    EXPECT_EQ(refused(kCard), "");
    EXPECT_EQ(refused("pci:0000:3b:00.1;address=10.0.0.1/24"), "");
    EXPECT_EQ(refused("pci:0000:77:00.0;address=10.0.0.1/24"), "");  // DPDK will say that
}

TEST_F(ManagementGuard, AnAddressIsNeeded) {
    host_.addresses = {{"lo", "127.0.0.1"}, {"eth0", "192.0.2.5"}};
    const std::string text = refused(kCard);
    EXPECT_TRUE(says(text, "eth0") && says(text, "the address 192.0.2.5")) << text;
    EXPECT_TRUE(says(text, "--force")) << text;
    EXPECT_FALSE(says(text, "logged in"));
    EXPECT_NE(refused("pci:3b:00.0;address=10.0.0.1/24"), "");  // without its domain
    EXPECT_EQ(refused("pci:0000:3b:00.1;address=10.0.0.1/24"), "");
}

TEST_F(ManagementGuard, TheLoginIsNamed) {
    host_.addresses = {{"eth0", "192.0.2.5"}};
    host_.login = "192.0.2.5";
    EXPECT_TRUE(says(refused(kCard), "by which you are logged in"));
}

TEST_F(ManagementGuard, ARouteIsNeeded) {
    write("proc/net/route",
          "Iface\tDestination\tGateway\tFlags\nlo\t0000007F\t00000000\t0001\n"
          "eth0\t00000000\t0102A8C0\t0003\n");
    EXPECT_TRUE(says(refused(kCard), "a route"));
}

TEST_F(ManagementGuard, LinkLocalRoutesAreEverywhere) {
    write("proc/net/ipv6_route",
          "fe800000000000000000000000000000 40 0 0 0 00000100 00000001 00000000 00000001 eth0\n"
          "ff000000000000000000000000000000 08 0 0 0 00000100 00000001 00000000 00000001 eth0\n");
    EXPECT_EQ(refused(kCard), "");
    write(
        "proc/net/ipv6_route",
        "20010db8000000000000000000000000 40 0 0 0 00000100 00000001 00000000 00000001     eth0\n");
    EXPECT_TRUE(says(refused(kCard), "a route"));
}

TEST_F(ManagementGuard, ABondAboveItCounts) {
    fs::create_directories(root_ / "sys/class/net/eth0/upper_bond0");
    fs::create_directories(root_ / "sys/class/net/bond0/upper_bond0.7");
    fs::create_directories(root_ / "sys/class/net/bond0.7/upper_eth0");  // no end of it otherwise
    host_.addresses = {{"bond0.7", "192.0.2.5"}};
    EXPECT_TRUE(says(refused(kCard), "bond0.7"));
}

TEST_F(ManagementGuard, VirtioCardsHaveTheirInterfaceOneFolderDeeper) {
    host_.addresses = {{"ens5", "192.0.2.5"}};
    EXPECT_TRUE(says(refused("pci:0000:00:05.0;address=10.0.0.1/24"), "ens5"));
}

TEST_F(ManagementGuard, OnlyAfXdpTakesAnInterfaceAmongVirtualDevices) {
    host_.addresses = {{"eth0", "192.0.2.5"}};
    EXPECT_TRUE(says(refused("net_af_xdp0,iface=eth0,start_queue=1;address=10.0.0.1/24"), "eth0"));
    EXPECT_EQ(refused("net_af_packet0,iface=eth0;address=10.0.0.1/24"), "");
    EXPECT_EQ(refused("net_tap0,iface=eth0;address=10.0.0.1/24"), "");
    EXPECT_EQ(refused("net_af_xdp0,iface=eth1;address=10.0.0.1/24"), "");
    EXPECT_EQ(refused("socket:127.0.0.1"), "");
}

TEST(HostNetwork, IsReadFromTheKernel) {
    ::setenv("SSH_CONNECTION", "198.51.100.9 50000 192.0.2.5 22", 1);
    const HostNetwork host = HostNetwork::read();
    ::unsetenv("SSH_CONNECTION");
    EXPECT_EQ(host.login, "192.0.2.5");
    bool loopback = false;
    for (const auto& address : host.addresses)
        loopback = loopback || (address.interface == "lo" && address.text == "127.0.0.1");
    EXPECT_TRUE(loopback);
}

}  // namespace
}  // namespace strata::dataplane
