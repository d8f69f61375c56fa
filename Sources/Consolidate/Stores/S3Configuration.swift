import Foundation
import HTTP
import Storage

/// How S3, or a store that speaks it, is reached: the variables that Amazon's own tools read.
struct S3Configuration: Sendable, Equatable {
  var credentials: AWSCredentials?
  var region: String
  /// Scheme and host of a store other than Amazon's, `http://127.0.0.1:9000`; buckets are then part of the path.
  var endpoint: String?

  /// From `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` (or `AWS_DEFAULT_REGION`) and
  /// `AWS_ENDPOINT_URL_S3` (or `AWS_ENDPOINT_URL`).
  init(_ environment: [String: String]) throws(ConsolidateError) {
    credentials = AWSCredentials(environment: environment)
    region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    var endpoint = environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"]
    while endpoint?.hasSuffix("/") == true { endpoint?.removeLast() }
    if let given = endpoint, !given.hasPrefix("http://"), !given.hasPrefix("https://") {
      throw .storeSettings("AWS_ENDPOINT_URL has to begin with http:// or https://, and is `\(given)`")
    }
    self.endpoint = endpoint
  }

  /// Scheme and host of a bucket's URLs, and what comes before the keys in their paths.
  func address(bucket: String) -> (base: String, prefix: String) {
    if let endpoint { return (endpoint, "/\(bucket)") }
    // A bucket with dots in its name has no certificate of its own.
    return bucket.contains(".")
      ? ("https://s3.\(region).amazonaws.com", "/\(bucket)")
      : ("https://\(bucket).s3.\(region).amazonaws.com", "")
  }

  /// Tells Arrow the same.
  func configureArrow() throws {
    let parts = endpoint?.components(separatedBy: "://") ?? []
    try ObjectStores.configureS3(
      region: region, endpoint: parts.count == 2 ? parts[1] : nil, scheme: parts.count == 2 ? parts[0] : nil)
  }
}
