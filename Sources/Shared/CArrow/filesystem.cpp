#include "filesystem.h"

#include <arrow/filesystem/filesystem.h>
#include <arrow/io/file.h>
#include <arrow/util/uri.h>
#include <dlfcn.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "text.h"

using carrow::check;
using carrow::guarded;
using carrow::unwrap;

namespace {

constexpr char kScheme[] = "s3://";

/// How object stores are reached. Guarded by `mutex`.
struct ObjectStores {
  std::mutex mutex;
  std::string query;
  bool loaded = false;
  std::map<std::string, std::shared_ptr<arrow::fs::FileSystem>> by_bucket;
};

ObjectStores &stores() {
  // Never destroyed: the filesystems go in `carrow_finalize`, while what they need is still there.
  static auto *instance = new ObjectStores;
  return *instance;
}

/// The S3 part of Arrow is a library of its own beside libarrow, loaded when the first `s3://` is named.
void load_s3() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&arrow::fs::LoadFileSystemFactories), &info) || !info.dli_fname)
    throw std::runtime_error("cannot find the directory of libarrow");
  std::string library = info.dli_fname;
  auto slash = library.rfind('/');
  auto directory = slash == std::string::npos ? std::string() : library.substr(0, slash + 1);
  auto suffix = library.substr(library.find(".so", slash == std::string::npos ? 0 : slash));
  check(arrow::fs::LoadFileSystemFactories((directory + "libarrow_s3" + suffix).c_str()));
}

/// The filesystem of a path's bucket; `key` becomes `bucket/key`, as Arrow wants it.
std::shared_ptr<arrow::fs::FileSystem> object_store(const std::string &path, std::string *key) {
  *key = path.substr(sizeof kScheme - 1);
  auto bucket = key->substr(0, key->find('/'));
  auto &all = stores();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (!all.loaded) load_s3();
  all.loaded = true;
  auto &found = all.by_bucket[bucket];
  if (!found) found = unwrap(arrow::fs::FileSystemFromUri(kScheme + bucket + all.query));
  return found;
}

}  // namespace

bool carrow::is_object(const std::string &path) { return path.rfind(kScheme, 0) == 0; }

std::shared_ptr<arrow::io::RandomAccessFile> carrow::open_input(const std::string &path) {
  if (!is_object(path)) return unwrap(arrow::io::ReadableFile::Open(path));
  std::string key;
  auto store = object_store(path, &key);
  return unwrap(store->OpenInputFile(key));
}

std::shared_ptr<arrow::io::OutputStream> carrow::open_output(const std::string &path) {
  if (!is_object(path)) return unwrap(arrow::io::FileOutputStream::Open(path));
  std::string key;
  auto store = object_store(path, &key);
  return unwrap(store->OpenOutputStream(key));
}

int carrow_list(const char *root, carrow_text **keys, carrow_error *error) {
  return guarded(error, [&] {
    std::string base;
    auto store = object_store(root, &base);
    while (!base.empty() && base.back() == '/') base.pop_back();
    arrow::fs::FileSelector selector;
    selector.base_dir = base;
    selector.recursive = true;
    std::vector<std::string> found;
    for (const auto &entry : unwrap(store->GetFileInfo(selector)))
      if (entry.IsFile()) found.push_back(entry.path().substr(base.size() + 1));
    std::sort(found.begin(), found.end());
    auto result = std::make_unique<carrow_text>();
    for (const auto &key : found) result->content.append(key).push_back('\0');
    *keys = result.release();
  });
}

int carrow_configure_s3(const char *region, const char *endpoint, const char *scheme, carrow_error *error) {
  return guarded(error, [&] {
    auto query = std::string("?region=") + arrow::util::UriEscape(region);
    if (endpoint) query += "&endpoint_override=" + arrow::util::UriEscape(endpoint);
    if (scheme) query += std::string("&scheme=") + scheme;
    auto &all = stores();
    std::lock_guard<std::mutex> lock(all.mutex);
    all.query = query;
    all.by_bucket.clear();
  });
}

void carrow_finalize(void) {
  carrow_error ignored;
  guarded(&ignored, [&] {
    auto &all = stores();
    std::lock_guard<std::mutex> lock(all.mutex);
    all.by_bucket.clear();
    if (all.loaded) arrow::fs::EnsureFinalized();
  });
}
