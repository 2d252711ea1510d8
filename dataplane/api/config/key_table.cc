#include "dataplane/api/config/key_table.h"

#include <array>

namespace strata::api {
namespace {

// A key and the field of the same name.
#define STRATA_KEY(section, name) \
    #section, #name, [](Config& config) -> auto& { return config.section.name; }

constexpr std::uint32_t kMillion = 1000000;

constexpr std::array<Section, 5> kSections = {{
    {"node", "This machine."},
    {"dataplane", "strata-dataplane: ports, workers, memory."},
    {"control", "strata-control: its sockets and its database."},
    {"auth", "Tokens that publishers and viewers show. Without a key only this machine may join."},
    {"limits", "Every limit of the system. Each has a counter for when it was hit."},
}};

constexpr Key kKeys[] = {
    {STRATA_KEY(node, name), "What this node is called in the API, in logs and in metrics"},
    {STRATA_KEY(node, log_level), "What is logged, to standard error"},
    {STRATA_KEY(dataplane, ports),
     "Where packets come and go: \"socket:ADDRESS\" is the kernel's UDP; a DPDK device is "
     "\"net_tap0,iface=strata0;address=10.77.0.1/24;gateway=10.77.0.254\" or "
     "\"pci:0000:3b:00.0;address=...\", with ;vlan=ID ;mtu=BYTES ;mac=ADDRESS where needed",
     1, 8},
    {STRATA_KEY(dataplane, public_addresses),
     "Behind 1:1 NAT: what clients are told instead of a port's own address, "
     "\"10.77.0.1=198.51.100.7\"",
     0, 8},
    {STRATA_KEY(dataplane, tcp_listen),
     "Where browsers may come by TCP, for media (ICE-TCP) and HTTPS alike; needs io_uring (Linux "
     "6.0). With a wildcard clients are told the addresses of the socket ports. Browsers take port "
     "443 only on public addresses and else none below 1024",
     0, 16},
    {STRATA_KEY(dataplane, workers), "Threads that forward packets, each with a core of its own", 1,
     127},
    {STRATA_KEY(dataplane, cpus), "CPUs that workers may be pinned to; [] leaves it to the plan", 0,
     1023},
    {STRATA_KEY(dataplane, base_udp_port), "Worker i receives on this UDP port + i", 1, 65535},
    {STRATA_KEY(dataplane, idle),
     "A worker without packets sleeps (adaptive: shared machines) or polls on (busy: appliances)"},
    {STRATA_KEY(dataplane, idle_sleep_max_us), "Longest sleep of an adaptive worker", 1, 100000,
     "us"},
    {STRATA_KEY(dataplane, hugepages), "Packet memory on hugepages; false: on ordinary pages"},
    {STRATA_KEY(dataplane, memory_mb), "Packet memory of the process", 64, 1048576, "MB"},
    {STRATA_KEY(dataplane, file_prefix),
     "Tells the runtime files of several data planes on one machine apart"},
    {STRATA_KEY(dataplane, burst_packets), "Most packets taken from a port at once", 1, 64,
     "packets"},
    {STRATA_KEY(dataplane, rx_ring_packets), "Size of each receive ring", 64, 32768, "packets"},
    {STRATA_KEY(dataplane, tx_ring_packets), "Size of each transmit ring", 64, 32768, "packets"},
    {STRATA_KEY(dataplane, handoff_ring_packets), "Size of each ring between two workers", 64,
     32768, "packets"},
    {STRATA_KEY(dataplane, socket_buffer_bytes),
     "Kernel buffer of each socket port, in each direction", 65536, 268435456, "bytes"},
    {STRATA_KEY(dataplane, tcp_unsent_bytes),
     "What the kernel takes for a TCP connection beyond what is on its way: the rest waits where "
     "it can still be dropped",
     4096, 16 * kMillion, "bytes"},
    {STRATA_KEY(dataplane, tx_queue_packets),
     "Packets that may wait for a full transmit ring, per worker and port", 0, kMillion, "packets"},
    {STRATA_KEY(dataplane, tx_queue_us), "How long a packet may wait before it is dropped", 0,
     kMillion, "us"},
    {STRATA_KEY(dataplane, payload_pool_packets),
     "Buffers for received packets; 0: computed from rings, queues and caches", 0, 16 * kMillion,
     "packets"},
    {STRATA_KEY(dataplane, header_pool_packets), "Buffers for outgoing headers; 0: computed", 0,
     16 * kMillion, "packets"},
    {STRATA_KEY(dataplane, indirect_pool_packets), "References to shared payloads; 0: computed", 0,
     16 * kMillion, "packets"},
    {STRATA_KEY(dataplane, pool_cache_packets), "Buffers that each core keeps to itself, per pool",
     0, 512, "packets"},
    {STRATA_KEY(dataplane, history_packets),
     "Received packets of one worker that are kept to be sent again", 0, 4 * kMillion, "packets"},
    {STRATA_KEY(dataplane, history_small_packets),
     "The same, of at most 256 bytes, which are copied", 0, 4 * kMillion, "packets"},
    {STRATA_KEY(dataplane, history_ms), "How long they are kept", 10, 4000, "ms"},
    {STRATA_KEY(dataplane, history_reserve_percent),
     "Part of the other buffers for received packets that stays free: below it, the oldest kept "
     "ones go",
     0, 90, "%"},
    {STRATA_KEY(dataplane, copy_payload_max_bytes),
     "Payloads up to this size may be copied where that is faster than sharing them", 0, 192,
     "bytes"},
    {STRATA_KEY(dataplane, udp_checksum), "false: UDP checksum 0 on IPv4; IPv6 always has one"},
    {STRATA_KEY(dataplane, udp_gso),
     "Socket ports hand the kernel runs of packets to one receiver at once, where it can"},
    {STRATA_KEY(dataplane, receiver_report_ms), "Interval of RTCP reports to publishers", 100,
     60000, "ms"},
    {STRATA_KEY(dataplane, transport_feedback_ms),
     "Interval of transport-wide feedback to publishers", 20, 1000, "ms"},
    {STRATA_KEY(dataplane, sender_report_ms),
     "Shortest interval of RTCP sender reports to receivers", 100, 60000, "ms"},
    {STRATA_KEY(control, api_socket), "Unix socket of the HTTP API", 0, 0, "",
     TextRule::kSocketPath},
    {STRATA_KEY(control, api_socket_mode), "Rights of that socket: who may control this node", 0,
     0777, "", TextRule::kName, true},
    {STRATA_KEY(control, api_tcp),
     "The same API on TCP, loopback only, for every user of this machine; \"\": off", 0, 0, "",
     TextRule::kLoopbackEndpoint},
    {STRATA_KEY(control, https),
     "HTTPS for browsers and for all who aren't on this machine: WHIP, WHEP, meetings and the "
     "page, "
     "the API with an admin's token; \"\": off",
     0, 0, "", TextRule::kEndpoint},
    {STRATA_KEY(control, https_certificate),
     "Certificate chain in PEM; \"\": a self-signed one, made and kept beside the database", 0, 0,
     "", TextRule::kPathOrNothing},
    {STRATA_KEY(control, https_key), "Its private key in PEM; \"\": in the file of the certificate",
     0, 0, "", TextRule::kPathOrNothing},
    {STRATA_KEY(control, database),
     "SQLite file with rooms, participants, tracks and subscriptions", 0, 0, "", TextRule::kPath},
    {STRATA_KEY(control, dataplane_socket),
     "Unix socket on which the data plane takes its state from control", 0, 0, "",
     TextRule::kSocketPath},
    {STRATA_KEY(control, reconnect_ms), "Pause between attempts to reach the data plane", 10, 10000,
     "ms"},
    {STRATA_KEY(control, resync_timeout_ms),
     "How long the data plane may take to answer before the connection is made anew", 100, 60000,
     "ms"},
    {STRATA_KEY(control, dtls_certificate_days),
     "How long one self-signed DTLS certificate is shown to new peers", 1, 365, "days"},
    {STRATA_KEY(control, ice_servers),
     "STUN and TURN servers that clients are told of, as URIs with spaces between them; the relay "
     "needs none",
     0, 0, "", TextRule::kUris},
    {STRATA_KEY(auth, key_file),
     "Key of tokens: for HS256 a file with at least 32 secret bytes, for EdDSA an Ed25519 public "
     "key "
     "in PEM; \"\": none",
     0, 0, "", TextRule::kPathOrNothing},
    {STRATA_KEY(auth, algorithm),
     "The one algorithm that tokens may be signed with: HS256 or EdDSA", 0, 0, "",
     TextRule::kTokenAlgorithm},
    {STRATA_KEY(auth, issuer), "Who makes tokens (iss)", 0, 0, ""},
    {STRATA_KEY(auth, audience), "Whom tokens are for (aud)", 0, 0, ""},
    {STRATA_KEY(auth, leeway_s), "By how much the clock of who makes tokens may differ", 0, 300,
     "s"},
    {STRATA_KEY(auth, token_lifetime_s), "Longest lifetime of a token that is accepted", 10,
     31536000, "s"},
    {STRATA_KEY(limits, rooms), "Rooms of this node", 1, kMillion},
    {STRATA_KEY(limits, participants), "Participants of this node", 1, kMillion},
    {STRATA_KEY(limits, participants_per_room), "Participants of one room", 1, kMillion},
    {STRATA_KEY(limits, tracks), "Tracks of this node", 1, kMillion},
    {STRATA_KEY(limits, tracks_per_participant), "Tracks one participant publishes", 1, 32},
    {STRATA_KEY(limits, subscriptions), "Subscriptions of this node", 1, 4 * kMillion},
    {STRATA_KEY(limits, subscriptions_per_participant), "Tracks one participant receives", 1,
     65536},
    {STRATA_KEY(limits, name_bytes), "Length of a name", 1, 64, "bytes"},
    {STRATA_KEY(limits, http_connections),
     "HTTP connections at once, from networks and on the Unix socket each", 1, 10000},
    {STRATA_KEY(limits, http_header_bytes), "Header of an HTTP request", 1024, 65536, "bytes"},
    {STRATA_KEY(limits, http_body_bytes), "Body of an HTTP request", 1024, 16 * kMillion, "bytes"},
    {STRATA_KEY(limits, http_idle_s), "Time an HTTP connection may be idle", 1, 3600, "s"},
    {STRATA_KEY(limits, meeting_connections), "WebSocket connections at once", 1, 100000},
    {STRATA_KEY(limits, meeting_message_bytes), "A message of a WebSocket client", 4096,
     16 * kMillion, "bytes"},
    {STRATA_KEY(limits, meeting_queue_bytes),
     "Messages that wait for a WebSocket client to read; beyond them it is disconnected", 65536,
     256 * kMillion, "bytes"},
    {STRATA_KEY(limits, meeting_ping_s),
     "Interval of pings to a WebSocket client, which is given up after two without an answer", 1,
     600, "s"},
    {STRATA_KEY(limits, dtls_handshakes), "DTLS handshakes that run at once", 1, 100000},
    {STRATA_KEY(limits, dtls_handshakes_per_s),
     "DTLS handshakes that begin in a second; the processor time that joining may take", 1, 100000},
    {STRATA_KEY(limits, dtls_handshake_s), "Time a DTLS handshake may take", 1, 600, "s"},
    {STRATA_KEY(limits, dtls_datagrams), "DTLS datagrams that are read of one peer", 16, 100000,
     "packets"},
    {STRATA_KEY(limits, sdp_bytes), "Size of a session description (SDP)", 1024, kMillion, "bytes"},
    {STRATA_KEY(limits, sdp_lines), "Lines of a session description", 16, 100000},
    {STRATA_KEY(limits, sdp_line_bytes), "Length of one of them", 256, 65536, "bytes"},
    {STRATA_KEY(limits, sdp_media_sections), "Media sections of a session description", 1, 1024},
    {STRATA_KEY(limits, session_setup_s), "A session that has no keys after this time is ended", 1,
     3600, "s"},
    {STRATA_KEY(limits, session_silence_s),
     "A session whose peer has given no sign of life (ICE consent) for this time longer than "
     "consent lasts is ended",
     1, 86400, "s"},
    {STRATA_KEY(limits, transports_per_worker), "Peers (participants) of one worker", 1, kMillion},
    {STRATA_KEY(limits, tracks_per_worker), "Tracks of one worker", 1, kMillion},
    {STRATA_KEY(limits, subscriptions_per_worker), "Subscriptions of one worker", 1, kMillion},
    {STRATA_KEY(limits, subscriptions_per_track), "Receivers of one track", 1, kMillion},
    {STRATA_KEY(limits, ssrcs_per_worker), "Known SSRCs of one worker", 1, 4 * kMillion},
    {STRATA_KEY(limits, waiting_by_rid),
     "Tracks of one worker, announced by rid or mid alone, whose publisher's first packet is "
     "waited for",
     0, 1024},
    {STRATA_KEY(limits, track_header_profiles),
     "Different sets of payload types and extension ids among the receivers of one track", 1, 32},
    {STRATA_KEY(limits, track_outputs),
     "Different packets that one packet becomes: layer groups that want it times their header "
     "profiles",
     8, 128},
    {STRATA_KEY(limits, statistics_slots_per_worker),
     "Peers, tracks, encodings and subscriptions of one worker that have counters of their own", 1,
     kMillion},
    {STRATA_KEY(limits, rtcp_bytes), "Length of an RTCP packet that is read", 64, 9000, "bytes"},
    {STRATA_KEY(limits, srtp_ssrcs), "SSRCs of one peer whose SRTP is accepted", 2, 4096},
    {STRATA_KEY(limits, srtp_replay_packets),
     "How far behind the newest packet of its SSRC an SRTP packet may come; rounded up to a power "
     "of two",
     1024, 32768, "packets"},
    {STRATA_KEY(limits, key_frame_request_ms),
     "One publisher is asked for a key frame at most once in this time", 1, 60000, "ms"},
    {STRATA_KEY(limits, key_frame_retry_ms),
     "One receiver's key-frame requests are heard once in this time; one without effect is "
     "repeated after it",
     10, 60000, "ms"},
    {STRATA_KEY(limits, missing_packet_ms),
     "How long a publisher is asked for a packet that is missing", 10, 60000, "ms"},
    {STRATA_KEY(limits, missing_packet_requests), "How often it is asked for one packet at most", 1,
     100},
    {STRATA_KEY(limits, nack_packets), "Packets of one receiver's NACK that are looked at", 1, 8192,
     "packets"},
    {STRATA_KEY(limits, retransmissions_per_packet),
     "How often one receiver is sent one packet again", 0, 100},
    // At most: what may be sent between two checkpoints is less than a jump (decision 8).
    {STRATA_KEY(limits, retransmissions_per_s), "Packets that one receiver is sent again", 0, 8000,
     "per second"},
    {STRATA_KEY(limits, neighbours_per_port), "Next hops that a DPDK port remembers", 16, 65536},
    {STRATA_KEY(limits, held_packets_per_queue),
     "Packets that wait for a next hop to answer, per DPDK port and worker", 0, 65536, "packets"},
    {STRATA_KEY(limits, hold_ms), "How long such a packet waits at most", 1, 60000, "ms"},
    {STRATA_KEY(limits, checkpoint_streams),
     "Streams, in and out, whose numbers outlive the data plane, so that receivers don't notice a "
     "restart",
     0, 16 * kMillion},
    {STRATA_KEY(limits, checkpoint_age_s), "Age from which such numbers aren't used any more", 1,
     20000, "s"},
    {STRATA_KEY(limits, ice_tuples), "Validated addresses of one WebRTC peer", 1, 16},
    {STRATA_KEY(limits, ice_checks_per_s),
     "Connectivity checks of one WebRTC peer, from validated addresses and as many from others", 1,
     10000, "per second"},
    {STRATA_KEY(limits, ice_consent_ms),
     "Without a connectivity check for this long nothing is sent to a WebRTC peer", 1000, 600000,
     "ms"},
    {STRATA_KEY(limits, stun_errors_per_s),
     "Connectivity checks that are answered with an error, per worker", 0, kMillion, "per second"},
    {STRATA_KEY(limits, punts_per_s), "DTLS datagrams of one WebRTC peer that are heard", 1, 10000,
     "per second"},
    {STRATA_KEY(limits, punt_ring_bytes),
     "DTLS datagrams of one worker that wait for the main thread", 4096, 16 * kMillion, "bytes"},
    {STRATA_KEY(limits, punts_per_worker),
     "DTLS datagrams of the control process that wait for one worker", 1, 65536, "datagrams"},
    {STRATA_KEY(limits, tcp_connections), "TCP connections at once", 1, 65536},
    {STRATA_KEY(limits, tcp_connections_per_address),
     "Of them from one IPv4 address, or one /64 of IPv6", 1, 65536},
    {STRATA_KEY(limits, tcp_undecided),
     "Of them without having said yet what they are for, HTTPS or media", 1, 65536},
    {STRATA_KEY(limits, tcp_accepts_per_s), "TCP connections that are accepted in a second", 1,
     100000, "per second"},
    {STRATA_KEY(limits, tcp_undecided_bytes),
     "Bytes within which a TCP connection has to say what it is for", 64, 2048, "bytes"},
    {STRATA_KEY(limits, tcp_undecided_ms),
     "Time within which it has to, and within which a session has to accept it", 100, 60000, "ms"},
    {STRATA_KEY(limits, tcp_queue_bytes),
     "What may wait for one slow TCP receiver; its upper layers are the first to go", 16384,
     16 * kMillion, "bytes"},
    {STRATA_KEY(limits, tcp_queue_ms), "How long it may wait", 20, 10000, "ms"},
};

#undef STRATA_KEY

constexpr std::array<std::string_view, 2> kIdlePolicies = {"adaptive", "busy"};
constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "info", "warning", "error"};

}  // namespace

std::span<const Key> keys() { return kKeys; }

std::span<const Section> sections() { return kSections; }

std::span<const std::string_view> choices(const Key& key) {
    if (std::holds_alternative<IdlePolicy& (*)(Config&)>(key.field)) return kIdlePolicies;
    if (std::holds_alternative<LogLevel& (*)(Config&)>(key.field)) return kLogLevels;
    return {};
}

}  // namespace strata::api
