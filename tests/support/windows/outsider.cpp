// A person at a Windows server, and an eye on its stores: nothing of edgecert is in here, so that what the
// node did is seen by somebody else's program.
//
//   outsider list STORE                       lines: thumbprint, key container or "-", friendly name
//   outsider add STORE FILE.der               a certificate without a key
//   outsider install STORE FILE.der KEYBLOB   a certificate and its key (a CryptoAPI PRIVATEKEYBLOB)
//   outsider add-cng STORE FILE.der           a certificate that says its key is kept by CNG
//   outsider remove STORE THUMBPRINT
//   outsider lose-key STORE THUMBPRINT        deletes the key container it names
//   outsider fingerprint STORE THUMBPRINT     of the private key: SHA-1 of its public key blob, signed and
//   verified outsider containers                       names of the machine's key containers
// clang-format off
#include <windows.h>
#include <wincrypt.h>
// clang-format on

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "outsider: %s: %08lx\n", what, GetLastError());
    std::exit(1);
}

std::wstring wide(const char* text) {
    std::wstring out;
    for (; *text != 0; ++text) {
        out += static_cast<wchar_t>(static_cast<unsigned char>(*text));
    }
    return out;
}

std::string hex(const BYTE* bytes, DWORD size) {
    std::string out;
    char two[3];
    for (DWORD at = 0; at < size; ++at) {
        std::snprintf(two, sizeof two, "%02x", bytes[at]);
        out += two;
    }
    return out;
}

std::vector<BYTE> file(const char* path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        fail("no such file");
    }
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

HCERTSTORE open_store(const char* name) {
    HCERTSTORE store =
        CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE, wide(name).c_str());
    if (store == nullptr) {
        fail("open");
    }
    return store;
}

void commit(HCERTSTORE store) {
    CertControlStore(store, CERT_STORE_CTRL_COMMIT_FORCE_FLAG, CERT_STORE_CTRL_COMMIT, nullptr);
    CertCloseStore(store, 0);
}

std::string thumbprint(PCCERT_CONTEXT certificate) {
    BYTE hash[20];
    DWORD size = sizeof hash;
    CryptHashCertificate(
        0, CALG_SHA1, 0, certificate->pbCertEncoded, certificate->cbCertEncoded, hash, &size);
    return hex(hash, size);
}

CRYPT_KEY_PROV_INFO* key_of(PCCERT_CONTEXT certificate, std::vector<BYTE>& memory) {
    DWORD size = 0;
    if (!CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, nullptr, &size)) {
        return nullptr;
    }
    memory.resize(size);
    CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, memory.data(), &size);
    return reinterpret_cast<CRYPT_KEY_PROV_INFO*>(memory.data());
}

PCCERT_CONTEXT find(HCERTSTORE store, const std::string& wanted) {
    PCCERT_CONTEXT at = nullptr;
    while ((at = CertEnumCertificatesInStore(store, at)) != nullptr) {
        if (thumbprint(at) == wanted) {
            return at;
        }
    }
    fail("no such certificate");
}

int list(const char* name) {
    HCERTSTORE store = open_store(name);
    PCCERT_CONTEXT at = nullptr;
    while ((at = CertEnumCertificatesInStore(store, at)) != nullptr) {
        std::vector<BYTE> memory;
        const auto* key = key_of(at, memory);
        wchar_t friendly[256] = L"";
        DWORD size = sizeof friendly;
        CertGetCertificateContextProperty(at, CERT_FRIENDLY_NAME_PROP_ID, friendly, &size);
        std::printf(
            "%s %ls %ls\n", thumbprint(at).c_str(), key == nullptr ? L"-" : key->pwszContainerName, friendly);
    }
    return 0;
}

int add(const char* name, const char* path, const char* blob_path) {
    const std::vector<BYTE> der = file(path);
    PCCERT_CONTEXT certificate =
        CertCreateCertificateContext(X509_ASN_ENCODING, der.data(), static_cast<DWORD>(der.size()));
    if (certificate == nullptr) {
        fail("no certificate");
    }
    if (blob_path != nullptr) {
        const std::vector<BYTE> blob = file(blob_path);
        std::wstring container = L"by-hand-" + wide(thumbprint(certificate).c_str());
        HCRYPTPROV provider = 0;
        HCRYPTKEY key = 0;
        if (!CryptAcquireContextW(&provider,
                                  container.c_str(),
                                  MS_DEF_RSA_SCHANNEL_PROV_W,
                                  PROV_RSA_SCHANNEL,
                                  CRYPT_NEWKEYSET | CRYPT_MACHINE_KEYSET) ||
            !CryptImportKey(
                provider, blob.data(), static_cast<DWORD>(blob.size()), 0, CRYPT_EXPORTABLE, &key)) {
            fail("key");
        }
        CryptDestroyKey(key);
        CryptReleaseContext(provider, 0);
        CRYPT_KEY_PROV_INFO info{};
        std::wstring provider_name = MS_DEF_RSA_SCHANNEL_PROV_W;
        info.pwszContainerName = container.data();
        info.pwszProvName = provider_name.data();
        info.dwProvType = PROV_RSA_SCHANNEL;
        info.dwFlags = CRYPT_MACHINE_KEYSET;
        info.dwKeySpec = AT_KEYEXCHANGE;
        CertSetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, 0, &info);
    }
    HCERTSTORE store = open_store(name);
    if (!CertAddCertificateContextToStore(store, certificate, CERT_STORE_ADD_REPLACE_EXISTING, nullptr)) {
        fail("add");
    }
    commit(store);
    return 0;
}

int add_cng(const char* name, const char* path) {
    const std::vector<BYTE> der = file(path);
    PCCERT_CONTEXT certificate =
        CertCreateCertificateContext(X509_ASN_ENCODING, der.data(), static_cast<DWORD>(der.size()));
    std::wstring container = L"kept-by-cng";
    std::wstring provider = L"Microsoft Software Key Storage Provider";
    CRYPT_KEY_PROV_INFO info{};
    info.pwszContainerName = container.data();
    info.pwszProvName = provider.data();
    info.dwFlags = CRYPT_MACHINE_KEYSET;
    HCERTSTORE store = open_store(name);
    if (certificate == nullptr ||
        !CertSetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, 0, &info) ||
        !CertAddCertificateContextToStore(store, certificate, CERT_STORE_ADD_REPLACE_EXISTING, nullptr)) {
        fail("add");
    }
    commit(store);
    return 0;
}

int remove_certificate(const char* name, const char* which) {
    HCERTSTORE store = open_store(name);
    CertDeleteCertificateFromStore(find(store, which));
    commit(store);
    return 0;
}

int lose_key(const char* name, const char* which) {
    HCERTSTORE store = open_store(name);
    std::vector<BYTE> memory;
    const auto* key = key_of(find(store, which), memory);
    HCRYPTPROV none = 0;
    if (key == nullptr || !CryptAcquireContextW(&none,
                                                key->pwszContainerName,
                                                key->pwszProvName,
                                                key->dwProvType,
                                                CRYPT_DELETEKEYSET | CRYPT_MACHINE_KEYSET)) {
        fail("delete key");
    }
    return 0;
}

// Signs with the private key and verifies with the certificate's public key: the two belong together.
int fingerprint(const char* name, const char* which) {
    HCERTSTORE store = open_store(name);
    PCCERT_CONTEXT certificate = find(store, which);
    std::vector<BYTE> memory;
    const auto* key = key_of(certificate, memory);
    HCRYPTPROV provider = 0;
    HCRYPTHASH hash = 0;
    HCRYPTKEY shown = 0;
    const BYTE text[] = "signed to see";
    BYTE signature[1024];
    DWORD size = sizeof signature;
    if (key == nullptr ||
        !CryptAcquireContextW(
            &provider, key->pwszContainerName, key->pwszProvName, key->dwProvType, CRYPT_MACHINE_KEYSET) ||
        !CryptCreateHash(provider, CALG_SHA1, 0, 0, &hash) || !CryptHashData(hash, text, sizeof text, 0) ||
        !CryptSignHashW(hash, key->dwKeySpec, nullptr, 0, signature, &size) ||
        !CryptImportPublicKeyInfo(
            provider, X509_ASN_ENCODING, &certificate->pCertInfo->SubjectPublicKeyInfo, &shown) ||
        !CryptVerifySignatureW(hash, signature, size, shown, nullptr, 0)) {
        fail("the key does not sign for the certificate");
    }
    BYTE blob[4096];
    DWORD blob_size = sizeof blob;
    BYTE digest[20];
    DWORD digest_size = sizeof digest;
    if (!CryptExportKey(shown, 0, PUBLICKEYBLOB, 0, blob, &blob_size)) {
        fail("public key");
    }
    CryptHashCertificate(0, CALG_SHA1, 0, blob, blob_size, digest, &digest_size);
    std::printf("%s\n", hex(digest, digest_size).c_str());
    return 0;
}

// Wine keeps containers in the registry, and does not list them as Windows does (PP_ENUMCONTAINERS).
int containers() {
    HKEY keys = nullptr;
    if (RegOpenKeyExA(HKEY_LOCAL_MACHINE, "Software\\Wine\\Crypto\\RSA", 0, KEY_READ, &keys) !=
        ERROR_SUCCESS) {
        return 0;
    }
    char name[512];
    for (DWORD at = 0; RegEnumKeyA(keys, at, name, sizeof name) == ERROR_SUCCESS; ++at) {
        std::printf("%s\n", name);
    }
    RegCloseKey(keys);
    return 0;
}

}  // namespace

int main(int count, char** words) {
    const std::string what = count > 1 ? words[1] : "";
    if (what == "list" && count == 3) {
        return list(words[2]);
    }
    if ((what == "add" && count == 4) || (what == "install" && count == 5)) {
        return add(words[2], words[3], count == 5 ? words[4] : nullptr);
    }
    if (what == "add-cng" && count == 4) {
        return add_cng(words[2], words[3]);
    }
    if (what == "remove" && count == 4) {
        return remove_certificate(words[2], words[3]);
    }
    if (what == "lose-key" && count == 4) {
        return lose_key(words[2], words[3]);
    }
    if (what == "fingerprint" && count == 4) {
        return fingerprint(words[2], words[3]);
    }
    if (what == "containers") {
        return containers();
    }
    std::fprintf(stderr, "outsider: see the beginning of its source\n");
    return 2;
}
