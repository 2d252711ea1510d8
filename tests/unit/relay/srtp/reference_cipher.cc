#include "tests/unit/relay/srtp/reference_cipher.h"

#include <algorithm>
#include <bit>

#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

using Block = ReferenceCipher::Block;
using Bytes = ReferenceCipher::Bytes;

std::uint8_t times_x(std::uint8_t a) {
    return static_cast<std::uint8_t>(a << 1 ^ ((a & 0x80) != 0 ? 0x1b : 0));
}

// FIPS 197 section 5.1.1: inverse in GF(2^8), then the affine map.
std::uint8_t substitute(std::uint8_t a) {
    static const std::array<std::uint8_t, 256> table = [] {
        std::array<std::uint8_t, 256> out{};
        std::uint8_t p = 1, q = 1;
        do {
            p = static_cast<std::uint8_t>(p ^ times_x(p));  // times 3
            q = static_cast<std::uint8_t>(q ^ q << 1);      // divided by 3
            q = static_cast<std::uint8_t>(q ^ q << 2);
            q = static_cast<std::uint8_t>(q ^ q << 4);
            if ((q & 0x80) != 0) q ^= 0x09;
            out[p] = static_cast<std::uint8_t>(q ^ std::rotl(q, 1) ^ std::rotl(q, 2) ^
                                               std::rotl(q, 3) ^ std::rotl(q, 4) ^ 0x63);
        } while (p != 1);
        out[0] = 0x63;
        return out;
    }();
    return table[a];
}

std::vector<Block> round_keys(std::span<const std::uint8_t> key) {
    const std::size_t words = key.size() / 4, rounds = words + 6;
    std::vector<std::array<std::uint8_t, 4>> w(4 * (rounds + 1));
    for (std::size_t i = 0; i < words; ++i) std::copy_n(&key[4 * i], 4, w[i].begin());
    std::uint8_t constant = 1;
    for (std::size_t i = words; i < w.size(); ++i) {
        auto t = w[i - 1];
        if (i % words == 0) {
            std::rotate(t.begin(), t.begin() + 1, t.end());
            for (auto& b : t) b = substitute(b);
            t[0] ^= constant;
            constant = times_x(constant);
        } else if (words > 6 && i % words == 4) {
            for (auto& b : t) b = substitute(b);
        }
        for (std::size_t k = 0; k < 4; ++k) w[i][k] = w[i - words][k] ^ t[k];
    }
    std::vector<Block> out(rounds + 1);
    for (std::size_t i = 0; i < w.size(); ++i) std::copy_n(w[i].begin(), 4, &out[i / 4][i % 4 * 4]);
    return out;
}

void add(Block& state, const Block& key) {
    for (std::size_t i = 0; i < 16; ++i) state[i] ^= key[i];
}

void substitute_and_shift(Block& state) {
    Block from = state;
    for (std::size_t i = 0; i < 16; ++i) state[i] = substitute(from[(i + 4 * (i % 4)) % 16]);
}

void mix(Block& state) {
    for (std::size_t c = 0; c < 16; c += 4) {
        const std::array<std::uint8_t, 4> a{state[c], state[c + 1], state[c + 2], state[c + 3]};
        for (std::size_t r = 0; r < 4; ++r)
            state[c + r] =
                static_cast<std::uint8_t>(times_x(a[r]) ^ times_x(a[(r + 1) % 4]) ^ a[(r + 1) % 4] ^
                                          a[(r + 2) % 4] ^ a[(r + 3) % 4]);
    }
}

// NIST SP 800-38D section 6.3: bit 0 is the leftmost.
Block multiply(const Block& x, Block v) {
    Block z{};
    for (std::size_t i = 0; i < 128; ++i) {
        if ((x[i / 8] >> (7 - i % 8) & 1) != 0) add(z, v);
        const bool carry = (v[15] & 1) != 0;
        for (std::size_t k = 15; k > 0; --k)
            v[k] = static_cast<std::uint8_t>(v[k] >> 1 | v[k - 1] << 7);
        v[0] >>= 1;
        if (carry) v[0] ^= 0xe1;
    }
    return z;
}

void hash_in(Block& y, const Block& h, std::span<const std::uint8_t> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(16, bytes.size()))) {
        for (std::size_t i = 0; i < std::min<std::size_t>(16, bytes.size()); ++i) y[i] ^= bytes[i];
        y = multiply(y, h);
    }
}

Bytes hmac(const SessionKey& key, std::span<const std::uint8_t> message) {
    Bytes inner(64, 0x36), outer(64, 0x5c);
    for (std::size_t i = 0; i < key.auth.size(); ++i) {
        inner[i] ^= key.auth[i];
        outer[i] ^= key.auth[i];
    }
    inner.insert(inner.end(), message.begin(), message.end());
    const auto digest = reference_sha1(inner);
    outer.insert(outer.end(), digest.begin(), digest.end());
    const auto out = reference_sha1(outer);
    return {out.begin(), out.begin() + 10};
}

}  // namespace

// FIPS 180-4 section 6.1.
std::array<std::uint8_t, 20> reference_sha1(Bytes m) {
    const std::uint64_t bits = m.size() * 8;
    m.push_back(0x80);
    while (m.size() % 64 != 56) m.push_back(0);
    m.resize(m.size() + 8);
    store_be64(&m[m.size() - 8], bits);
    std::array<std::uint32_t, 5> h{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    for (std::size_t at = 0; at < m.size(); at += 64) {
        std::array<std::uint32_t, 80> w{};
        for (std::size_t t = 0; t < 80; ++t)
            w[t] = t < 16 ? load_be32(&m[at + 4 * t])
                          : std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        auto [a, b, c, d, e] = h;
        for (std::size_t t = 0; t < 80; ++t) {
            const std::uint32_t f = t < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                                    : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                                    : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                             : (b ^ c ^ d) + 0xca62c1d6;
            const std::uint32_t next = std::rotl(a, 5) + f + e + w[t];
            e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    std::array<std::uint8_t, 20> out{};
    for (std::size_t i = 0; i < 5; ++i) store_be32(&out[4 * i], h[i]);
    return out;
}

void ReferenceCipher::encrypt_block(std::span<const std::uint8_t> key, const std::uint8_t* in,
                                    std::uint8_t* out) {
    const auto keys = round_keys(key);
    Block state;
    std::copy_n(in, 16, state.begin());
    add(state, keys.front());
    for (std::size_t r = 1; r < keys.size(); ++r) {
        substitute_and_shift(state);
        if (r + 1 < keys.size()) mix(state);
        add(state, keys[r]);
    }
    std::copy_n(state.begin(), 16, out);
}

void ReferenceCipher::expand(SrtpProfile profile, const SessionKey& key, CipherKey& out) {
    out.profile = profile;
    std::memcpy(out.material.data(), &key, sizeof key);
}

void ReferenceCipher::release(CipherKey& key) {
    key.material.fill(std::byte{0});
    ++released;
}

const SessionKey& ReferenceCipher::session(const CipherJob& job) const {
    return *reinterpret_cast<const SessionKey*>(job.key->material.data());
}

Block ReferenceCipher::block(const CipherJob& job, const Block& in) {
    Block out;
    encrypt_block(std::span(session(job).cipher).first(key_size(job.key->profile)), in.data(),
                  out.data());
    return out;
}

void ReferenceCipher::crypt(CipherJob& job) {
    const bool gcm = is_gcm(job.key->profile);
    if (job.body_size != 0) std::memmove(job.text + job.head_size, job.body, job.body_size);
    Block counter = job.iv, stream{};
    std::uint32_t n = gcm ? 2 : 0;
    for (std::size_t i = 0; i < std::size_t{job.head_size} + job.body_size; ++i) {
        if (i % 16 == 0) {
            if (gcm)
                store_be32(&counter[12], n++);
            else
                store_be16(&counter[14], static_cast<std::uint16_t>(n++));
            stream = block(job, counter);
        }
        job.text[i] ^= stream[i % 16];
    }
}

Bytes ReferenceCipher::gcm_tag(const CipherJob& job) {
    const Block h = block(job, Block{});
    const std::size_t size = std::size_t{job.head_size} + job.body_size;
    Block y{}, lengths{}, first = job.iv;
    hash_in(y, h, {job.covered, job.covered_size});
    hash_in(y, h, {job.text, size});
    store_be64(&lengths[0], std::uint64_t{job.covered_size} * 8);
    store_be64(&lengths[8], std::uint64_t{size} * 8);
    hash_in(y, h, lengths);
    store_be32(&first[12], 1);
    add(y, block(job, first));
    return {y.begin(), y.end()};
}

Bytes ReferenceCipher::tag(const CipherJob& job) {
    return is_gcm(job.key->profile) ? gcm_tag(job)
                                    : hmac(session(job), {job.covered, job.covered_size});
}

void ReferenceCipher::seal(std::span<CipherJob> jobs) {
    for (CipherJob& job : jobs) {
        crypt(job);
        const Bytes made = tag(job);
        std::copy(made.begin(), made.end(), job.tag_out);
    }
}

void ReferenceCipher::open(std::span<CipherJob> jobs) {
    for (CipherJob& job : jobs) {
        const Bytes expected = tag(job);
        job.authentic = std::equal(expected.begin(), expected.end(), job.tag.begin());
        if (job.authentic) crypt(job);
    }
}

}  // namespace strata::relay
