#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

// The one configuration file of both programs (TOML, docs/configuration.md). Every field is a key
// of the same name in the section of the same name; the initialisers here are the defaults, and
// key_table.cc gives each key its range, unit and text. Read once at start, on the main thread.
namespace strata::api {

// sysexits.h EX_CONFIG: what every program exits with when its configuration is wrong.
constexpr int kExitConfig = 78;

// Read when a program is started without --config; where it doesn't exist the defaults hold.
constexpr std::string_view kDefaultConfigPath = "/etc/strata/strata.toml";

enum class IdlePolicy : std::uint8_t { kAdaptive, kBusy };
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

// One item of dataplane.ports, checked. As text "socket:ADDRESS", or a DPDK device with options:
// "net_tap0,iface=dtk1;address=10.77.0.1/24;gateway=10.77.0.254", "pci:0000:3b:00.0;address=…".
constexpr std::size_t kMostPortAddresses = 8;
struct PortSpec {
    enum class Kind : std::uint8_t { kSocket, kEthdev };
    Kind kind = Kind::kSocket;
    std::string text = "socket:127.0.0.1";  // as written: what a port is opened by
    std::string device;                     // ethdev: with its devargs, and "pci:" where it was
    // IPv4 or IPv6, without the prefix: one of a socket, one to kMostPortAddresses of an ethdev.
    std::vector<std::string> addresses = {"127.0.0.1"};
    std::string kernel;  // ethdev: the interface that mirrors it to the kernel; empty: none
    friend bool operator==(const PortSpec&, const PortSpec&) = default;
};

// One item of dataplane.public_addresses, "OWN=PUBLIC": two addresses of one IP version.
struct PublicAddress {
    std::string own;
    std::string outside;
    friend bool operator==(const PublicAddress&, const PublicAddress&) = default;
};

// One item of dataplane.tcp_listen: "0.0.0.0:443", "[::]:443".
struct TcpListen {
    std::string address;
    std::uint32_t port = 0;

    bool wildcard() const { return address == "0.0.0.0" || address == "::"; }
    std::string text() const;
    friend bool operator==(const TcpListen&, const TcpListen&) = default;
};

struct NodeConfig {
    std::string name = "strata";
    LogLevel log_level = LogLevel::kInfo;
};

struct DataplaneConfig {
    std::vector<PortSpec> ports = {PortSpec{}};
    // 1:1 NAT: what clients are told instead of a port's own address.
    std::vector<PublicAddress> public_addresses;
    // Where browsers may come by TCP, HTTPS (control) and media (ICE-TCP) alike.
    std::vector<TcpListen> tcp_listen;
    std::uint32_t workers = 1;
    std::vector<std::uint32_t> cpus;      // that workers may be pinned to; empty: the plan chooses
    std::uint32_t base_udp_port = 20000;  // worker i receives on base_udp_port + i
    IdlePolicy idle = IdlePolicy::kAdaptive;
    // Adaptive, where a port can't be waited for: longest sleep after empty turns.
    std::uint32_t idle_sleep_max_us = 2000;
    bool hugepages = false;
    std::uint32_t memory_mb = 512;
    std::string file_prefix = "strata";  // of EAL's runtime files and the statistics segment
    std::uint32_t burst_packets = 32;
    std::uint32_t rx_ring_packets = 1024;       // descriptors of one receive queue
    std::uint32_t tx_ring_packets = 1024;       // descriptors of one transmit queue
    std::uint32_t handoff_ring_packets = 2048;  // between two workers, each way
    // From which on who comes to a room goes to another worker than the room's home.
    std::uint32_t room_spread_participants = 1000;  // of the room on one worker; 0: never
    std::uint32_t room_spread_load_percent = 70;    // of the home worker's time; 100: never
    std::uint32_t socket_buffer_bytes = 4194304;    // socket ports: SO_RCVBUF and SO_SNDBUF
    std::uint32_t tcp_unsent_bytes = 16384;  // in the kernel, per connection, not on their way yet
    std::uint32_t tx_queue_packets = 4096;   // per worker and port: what a short tx burst left over
    std::uint32_t tx_queue_us = 20000;       // after which a waiting packet is dropped as tx_full
    std::uint32_t payload_pool_packets = 0;  // 0: computed (pool_sizes.h)
    std::uint32_t header_pool_packets = 0;   // 0: computed
    std::uint32_t indirect_pool_packets = 0;  // 0: computed
    std::uint32_t pool_cache_packets = 256;   // per lcore and pool
    // Per worker: received packets kept to be sent again, by reference; small ones by copy.
    std::uint32_t history_packets = 8192;
    std::uint32_t history_small_packets = 4096;
    std::uint32_t history_ms = 1000;  // how long
    // Of the buffers that it doesn't count on, what stays free: below that, it shrinks.
    std::uint32_t history_reserve_percent = 25;
    std::uint32_t copy_payload_max_bytes = 192;  // payloads up to this may be copied, not chained
    bool udp_checksum = true;                    // false: 0 on IPv4 (IPv6 always has one)
    bool udp_gso = true;                         // socket ports: several packets in one message
    std::uint32_t receiver_report_ms = 1000;     // interval of reports to publishers
    std::uint32_t transport_feedback_ms = 80;    // transport-wide feedback to publishers (C54)
    std::uint32_t sender_report_ms = 1000;  // shortest interval of rewritten reports to receivers
    std::uint32_t watchdog_ms = 2000;  // CPU time without a completed turn: the worker is stuck
    std::string report_folder = "/var/lib/strata";  // what it was doing then
};

struct ControlConfig {
    std::string api_socket = "/run/strata/api.sock";
    std::uint32_t api_socket_mode = 0660;    // written 0o660
    std::string api_tcp = "127.0.0.1:8410";  // loopback only; empty: none
    std::string https;                       // any address; empty: none
    std::string https_certificate;           // PEM, the chain; empty: a self-signed one
    std::string https_key;                   // PEM; empty: in the certificate's file
    std::string database = "/var/lib/strata/strata.db";
    std::string dataplane_socket = "/run/strata/dataplane.sock";  // the data plane listens, 0600
    std::uint32_t reconnect_ms = 100;         // pause between attempts to reach the data plane
    std::uint32_t resync_timeout_ms = 5000;   // a resync without an answer is begun again
    std::uint32_t dtls_certificate_days = 7;  // after which peers are shown a new one
    std::string ice_servers;                  // URIs, by spaces, that clients are told of
};

// Who may do what: tokens (JWT) for the entries that are for peers, docs/control.md.
struct AuthConfig {
    std::string key_file;                    // secret (HS256) or public key in PEM (EdDSA)
    std::string algorithm = "HS256";         // of key_file, the only one that is accepted
    std::string issuer = "strata";           // iss
    std::string audience = "strata";         // aud
    std::uint32_t leeway_s = 5;              // by which clocks may differ
    std::uint32_t token_lifetime_s = 86400;  // longest exp - iat that is accepted
};

// Every limit of the system. Hitting one is counted, and refused with the key's name.
struct LimitsConfig {
    // Control: what may exist on the node.
    std::uint32_t rooms = 2000;
    std::uint32_t participants = 20000;
    std::uint32_t participants_per_room = 10000;
    std::uint32_t tracks = 20000;
    std::uint32_t tracks_per_participant = 16;
    std::uint32_t subscriptions = 100000;
    std::uint32_t subscriptions_per_participant = 512;
    std::uint32_t name_bytes = 64;
    // Control: HTTP.
    std::uint32_t http_connections = 64;
    std::uint32_t http_header_bytes = 8192;
    std::uint32_t http_body_bytes = 65536;
    std::uint32_t http_idle_s = 30;
    // Control: meetings, which are WebSocket connections.
    std::uint32_t meeting_connections = 2000;
    std::uint32_t meeting_message_bytes = 131072;
    std::uint32_t meeting_queue_bytes = 1048576;
    std::uint32_t meeting_ping_s = 15;
    std::uint32_t meeting_join_s = 10;
    std::uint32_t meeting_messages_per_s = 50;
    std::uint32_t meeting_resume_s = 30;
    std::uint32_t meeting_publications = 8;
    // Control: DTLS.
    std::uint32_t dtls_handshakes = 512;
    std::uint32_t dtls_handshakes_per_s = 300;
    std::uint32_t dtls_handshake_s = 30;
    std::uint32_t dtls_datagrams = 200;
    // Control: session descriptions and the sessions made from them.
    std::uint32_t sdp_bytes = 65536;
    std::uint32_t sdp_lines = 4000;
    std::uint32_t sdp_line_bytes = 2048;
    std::uint32_t sdp_media_sections = 64;
    std::uint32_t session_setup_s = 30;
    std::uint32_t session_silence_s = 30;
    // Data plane, per worker.
    std::uint32_t transports_per_worker = 16384;
    std::uint32_t tracks_per_worker = 16384;
    std::uint32_t subscriptions_per_worker = 65536;
    std::uint32_t subscriptions_per_track = 16384;
    std::uint32_t ssrcs_per_worker = 65536;
    std::uint32_t waiting_by_rid = 64;  // tracks known by rid or mid whose publisher has no address
    std::uint32_t track_header_profiles = 8;            // of one track's receivers
    std::uint32_t track_outputs = 128;                  // of one packet
    std::uint32_t statistics_slots_per_worker = 32768;  // objects with statistics, 192 bytes each
    std::uint32_t rtcp_bytes = 1500;                    // longest RTCP packet that is read
    std::uint32_t srtp_ssrcs = 32;                      // of one peer that encrypts (C38)
    std::uint32_t srtp_replay_packets = 1024;           // remembered per SSRC (C47)
    std::uint32_t key_frame_request_ms = 500;           // at most one per source in this time (C33)
    std::uint32_t key_frame_retry_ms =
        1000;  // at most one per receiver in this time; asked again after it
    std::uint32_t missing_packet_ms = 1000;      // asked for again for so long (C28)
    std::uint32_t missing_packet_requests = 10;  // and so often
    std::uint32_t nack_packets = 512;            // of one receiver's NACK that are looked at (C27)
    std::uint32_t retransmissions_per_packet = 4;  // to one receiver
    std::uint32_t retransmissions_per_s = 1000;    // to one receiver
    std::uint32_t neighbours_per_port = 1024;      // ethdev: next hops (ARP, ND)
    std::uint32_t held_packets_per_queue = 256;    // ethdev: that wait for a neighbour's answer
    std::uint32_t hold_ms = 1000;                  // ethdev: how long they wait at most
    // ethdev with kernel=: frames per second that the kernel gets, by kind
    std::uint32_t kernel_tcp_per_s = 20000;
    std::uint32_t kernel_udp_per_s = 5000;
    std::uint32_t kernel_icmp_per_s = 1000;
    std::uint32_t kernel_neighbour_per_s = 1000;
    std::uint32_t kernel_other_per_s = 1000;
    std::uint32_t kernel_ring_frames = 512;  // each way
    std::uint32_t kernel_routes = 1024;      // over the kernel's interface, that media follows
    std::uint32_t icmp_per_s = 1000;         // ethdev: messages sent, and those followed
    // C53: what streams go on from after a restart of the data plane.
    std::uint32_t checkpoint_streams = 131072;  // 256 bytes each, as they are needed
    std::uint32_t checkpoint_age_s = 3600;      // older ones are nothing worth
    std::uint32_t ice_tuples = 8;               // addresses of one peer (C42)
    std::uint32_t ice_checks_per_s = 100;       // of one peer, from known addresses and from others
    std::uint32_t ice_consent_ms = 30000;       // without a check nothing is sent (C42)
    std::uint32_t stun_errors_per_s = 1000;     // answers that refuse a check
    std::uint32_t punts_per_s = 100;            // DTLS datagrams of one peer
    std::uint32_t punt_ring_bytes = 262144;     // of them, waiting for the main thread
    std::uint32_t punts_per_worker = 1024;  // DTLS datagrams from control that wait for a worker
    // Connections at dataplane.tcp_listen. Those that speak TLS count until control has them.
    std::uint32_t tcp_connections = 1024;
    std::uint32_t tcp_connections_per_address = 64;
    std::uint32_t tcp_undecided = 256;
    std::uint32_t tcp_accepts_per_s = 500;
    std::uint32_t tcp_undecided_bytes = 1024;
    std::uint32_t tcp_undecided_ms = 5000;
    std::uint32_t tcp_queue_bytes = 262144;  // for one slow receiver (C40)
    std::uint32_t tcp_queue_ms = 500;
    // Captures and traces (strata capture, strata trace).
    std::uint32_t captures = 4;                  // at once
    std::uint32_t capture_packets = 1'000'000;   // of one
    std::uint32_t capture_mb = 1'024;            // of one
    std::uint32_t capture_s = 3'600;             // of one
    std::uint32_t capture_ring_bytes = 4 << 20;  // of one worker, until they are read
};

struct Config {
    NodeConfig node;
    DataplaneConfig dataplane;
    ControlConfig control;
    AuthConfig auth;
    LimitsConfig limits;
};

// One thing that is wrong. Line and column count from 1; line 0: the default value is what's wrong
// (in a check of several keys), or the file as a whole.
struct ConfigProblem {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string key;      // "dataplane.workers"; empty: not about one key
    std::string message;  // what was found, what is possible
};

struct ConfigError {
    std::string file;
    std::vector<ConfigProblem> problems;  // at least one, in the order of the file

    // One line each: "strata.toml:7:11: dataplane.workers: found 0, expected …\n".
    std::string text() const;
};

// Reads and checks the whole file; all problems are reported at once, except that a file which
// isn't TOML ends at its first error.
std::expected<Config, ConfigError> load_config(const std::string& path);

// The same for text; `file` is the name in messages.
std::expected<Config, ConfigError> parse_config(std::string_view text, std::string file);

// What a program does with its --config: an empty path means kDefaultConfigPath where that exists,
// else the defaults.
std::expected<Config, ConfigError> load_program_config(const std::string& path);

}  // namespace strata::api
