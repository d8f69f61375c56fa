import Foundation
import Storage

/// How `s3://` is reached: `AWS_REGION` or `AWS_DEFAULT_REGION`, and `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`.
/// Arrow finds the credentials itself, as AWS's own tools do.
enum S3Settings {
  static func apply(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(WorkerError) {
    let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    let endpoint = environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"] ?? ""
    let (scheme, host) = try parts(of: endpoint)
    try reportingStorage { () throws(StorageError) in
      try ObjectStores.configureS3(region: region, endpoint: host, scheme: scheme)
    }
  }

  /// Scheme and `host:port` of an endpoint; both nil for Amazon's own.
  static func parts(of endpoint: String) throws(WorkerError) -> (scheme: String?, host: String?) {
    guard !endpoint.isEmpty else { return (nil, nil) }
    for scheme in ["http", "https"] where endpoint.hasPrefix("\(scheme)://") {
      var host = String(endpoint.dropFirst(scheme.count + 3))
      while host.hasSuffix("/") { host.removeLast() }
      return (scheme, host)
    }
    throw .usage(
      "AWS_ENDPOINT_URL is `\(endpoint)`", hint: "begin it with http:// or https://")
  }
}
