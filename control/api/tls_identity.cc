#include "control/api/tls_identity.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "control/dtls/fingerprint.h"

namespace strata::control {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr long kDayS = 24 * 3600;

std::unexpected<Error> failed(const std::string& file, const std::string& what) {
    std::string detail = what;
    if (const unsigned long code = ERR_get_error(); code != 0)
        detail += ": " + std::string(ERR_reason_error_string(code));
    ERR_clear_error();
    return refuse(ErrorCode::internal, file, std::move(detail),
                  "see control.https_certificate and control.https_key");
}

std::optional<std::string> contents(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

BioPtr reader(const std::string& pem) {
    return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
}

// Checks that the key is the certificate's, and takes the fingerprint.
Result<TlsIdentity> identity_of(const std::string& file, std::string chain, std::string key_pem) {
    const CertificatePtr certificate(
        PEM_read_bio_X509(reader(chain).get(), nullptr, nullptr, nullptr), &X509_free);
    if (!certificate) return failed(file, "no certificate in PEM");
    const KeyPtr key(PEM_read_bio_PrivateKey(reader(key_pem).get(), nullptr, nullptr, nullptr),
                     &EVP_PKEY_free);
    if (!key) return failed(file, "no private key in PEM (keys with a password can't be used)");
    if (X509_check_private_key(certificate.get(), key.get()) != 1)
        return failed(file, "the key is another certificate's");
    Fingerprint digest{};
    unsigned size = 0;
    X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size);
    return TlsIdentity{std::move(chain), std::move(key_pem), fingerprint_text(digest)};
}

bool lasts(const std::string& chain, std::uint32_t days) {
    const CertificatePtr certificate(
        PEM_read_bio_X509(reader(chain).get(), nullptr, nullptr, nullptr), &X509_free);
    if (!certificate) return false;
    time_t then = time(nullptr) + static_cast<long>(days) * kDayS;
    return X509_cmp_time(X509_get0_notAfter(certificate.get()), &then) > 0;
}

// A certificate of version 3 for `name` and this machine's own names.
bool fill(X509* certificate, EVP_PKEY* key, const std::string& name) {
    std::uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
    X509_NAME* subject = X509_get_subject_name(certificate);
    const std::string names = "DNS:" + name + ",DNS:localhost,IP:127.0.0.1,IP:::1";
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> alternatives(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()),
        &X509_EXTENSION_free);
    return alternatives && X509_set_version(certificate, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -kDayS) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), kSelfSignedDays * kDayS) != nullptr &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 &&
           X509_set_pubkey(certificate, key) == 1 &&
           X509_add_ext(certificate, alternatives.get(), -1) == 1 &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

// Certificate and key in one PEM; empty: it can't be made.
std::string make_self_signed(const std::string& name) {
    const KeyPtr key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const CertificatePtr certificate(X509_new(), &X509_free);
    const BioPtr out(BIO_new(BIO_s_mem()), &BIO_free);
    // A node may be called anything: what no host can be called isn't put into the certificate.
    const bool host = name.find_first_not_of(
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "0123456789.-") == name.npos;
    const bool made =
        key && certificate && out &&
        fill(certificate.get(), key.get(), host && !name.empty() ? name : "strata") &&
        PEM_write_bio_X509(out.get(), certificate.get()) == 1 &&
        PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    return made ? text_of(out.get()) : std::string();
}

// Readable by us alone from the first byte on, and there as a whole or not at all.
bool keep(const std::string& file, const std::string& pem) {
    const std::string fresh = file + ".new";
    unlink(fresh.c_str());
    const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const bool written = write(fd, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size());
    const bool synced = fsync(fd) == 0;
    return close(fd) == 0 && written && synced && rename(fresh.c_str(), file.c_str()) == 0;
}

}  // namespace

Result<TlsIdentity> load_tls_identity(const TlsFiles& files) {
    if (!files.certificate.empty() || !files.key.empty()) {
        auto chain = contents(files.certificate);
        if (!chain) return failed(files.certificate, "can't be read");
        auto key = contents(files.key.empty() ? files.certificate : files.key);
        if (!key) return failed(files.key, "can't be read");
        return identity_of(files.certificate, *std::move(chain), *std::move(key));
    }
    if (const auto kept = contents(files.self_signed); kept && lasts(*kept, kRenewDays)) {
        if (auto identity = identity_of(files.self_signed, *kept, *kept)) {
            identity->self_signed = true;
            return identity;
        }
    }
    const std::string pem = make_self_signed(files.name);
    if (pem.empty()) return failed(files.self_signed, "a certificate can't be made");
    if (!keep(files.self_signed, pem))
        return failed(files.self_signed, std::string("can't be written: ") + std::strerror(errno));
    auto identity = identity_of(files.self_signed, pem, pem);
    if (identity) identity->self_signed = true;
    return identity;
}

}  // namespace strata::control
