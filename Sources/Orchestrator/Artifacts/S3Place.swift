import Foundation
import HTTP
import WorkflowCore

/// A bucket as a workflow or the configuration names it (Argo: `s3`), with its keys.
struct S3Place: Sendable {
  let bucket: String
  let region: String
  let endpoint: String?
  let isInsecure: Bool
  let usesPaths: Bool
  let credentials: AWSCredentials

  init(
    _ fields: Value, namespace: String, objects: ObjectLookUp, environment: [String: String]
  ) throws(ArtifactError) {
    guard let bucket = fields["bucket"]?.stringValue, !bucket.isEmpty else {
      throw ArtifactError(.invalid, "an s3 location needs a bucket, here or in the artifact repository")
    }
    self.bucket = bucket
    region =
      fields["region"]?.stringValue ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    endpoint = fields["endpoint"]?.stringValue
    isInsecure = fields["insecure"] == .bool(true)
    usesPaths =
      fields["addressingStyle"]?.stringValue != "virtual-hosted-style" && endpoint != nil
      && endpoint?.hasSuffix("amazonaws.com") != true
    func secret(_ name: String) throws(ArtifactError) -> String? {
      guard let reference = fields[name] else { return nil }
      return try objects.text(ofSecret: reference, namespace: namespace)
    }
    if let access = try secret("accessKeySecret"), let key = try secret("secretKeySecret") {
      credentials = AWSCredentials(accessKey: access, secretKey: key, sessionToken: try secret("sessionTokenSecret"))
    } else if let found = AWSCredentials(environment: environment) {
      credentials = found
    } else {
      throw ArtifactError(
        .invalid,
        "there are no keys for the bucket '\(bucket)': give accessKeySecret and secretKeySecret, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
      )
    }
  }

  private var base: String {
    let scheme = isInsecure ? "http" : "https"
    let host = endpoint ?? "s3.\(region).amazonaws.com"
    return usesPaths ? "\(scheme)://\(host)" : "\(scheme)://\(bucket).\(host)"
  }

  func request(_ method: HTTPRequest.Method, _ key: String, _ query: [String: String] = [:], body: Data? = nil)
    -> HTTPRequest
  {
    let path = (usesPaths ? "/\(bucket)" : "") + "/" + key
    var request = HTTPRequest(method, AWSURL.make(base: base, path: path, query: query), body: body)
    request.signature = AWSSignature(credentials: credentials, region: region, service: "s3")
    request.limits.total = nil
    request.limits.idle = .seconds(60)
    return request
  }
}

/// Objects over signed HTTP (libcurl's Signature Version 4). `Storage`, which the data plane reads S3 with, is Arrow C++:
/// the orchestrator builds without native libraries.
struct S3Objects: Sendable {
  let place: S3Place
  let transfer: HTTPTransfer

  /// Reads an object, or everything below a key.
  /// - Returns: whether it is a folder.
  func fetch(_ key: String, to file: String) throws(ArtifactError) -> Bool {
    do throws(ArtifactError) {
      try transfer.download(place.request(.get, key), to: file)
      return false
    } catch {
      guard error.kind == .absent else { throw error }
    }
    let folder = key.hasSuffix("/") ? key : key + "/"
    let keys = try list(folder)
    guard !keys.isEmpty else { throw ArtifactError(.absent, "there is no artifact '\(key)' in \(place.bucket)") }
    for below in keys where !below.hasSuffix("/") {
      let target = file + "/" + below.dropFirst(folder.count)
      try makeFolder(of: target)
      try transfer.download(place.request(.get, below), to: target)
    }
    return true
  }

  func put(_ staged: String, _ key: String) throws(ArtifactError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: staged, isDirectory: &isFolder), isFolder.boolValue else {
      guard let data = FileManager.default.contents(atPath: staged) else {
        throw ArtifactError(.unavailable, "cannot read \(staged)")
      }
      return try transfer.send(place.request(.put, key, body: data))
    }
    let names = FileManager.default.enumerator(atPath: staged)?.compactMap { $0 as? String } ?? []
    for name in names.sorted() {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(staged)/\(name)", isDirectory: &isFolder)
      if !isFolder.boolValue { try put("\(staged)/\(name)", (key.hasSuffix("/") ? key : key + "/") + name) }
    }
  }

  private func makeFolder(of path: String) throws(ArtifactError) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ArtifactError(.unavailable, "cannot make \(folder.path): \(error.localizedDescription)")
    }
  }

  private func list(_ prefix: String) throws(ArtifactError) -> [String] {
    var keys: [String] = []
    var token: String?
    repeat {
      var query = ["list-type": "2", "prefix": prefix, "encoding-type": "url"]
      query["continuation-token"] = token
      let page = String(decoding: try transfer.body(place.request(.get, "", query)), as: UTF8.self)
      keys += elements("Key", in: page).map { $0.removingPercentEncoding ?? $0 }
      token = elements("NextContinuationToken", in: page).first
    } while token != nil
    return keys
  }

  /// The texts of all elements of one name. S3's answers to a listing are flat, and keys come percent-encoded.
  private func elements(_ name: String, in page: String) -> [String] {
    page.components(separatedBy: "<\(name)>").dropFirst().compactMap { $0.components(separatedBy: "</\(name)>").first }
  }
}
