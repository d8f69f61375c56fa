import Foundation
import HTTP
import WorkflowCore

/// Fetches and keeps artifacts, wherever they lie: in the default repository (a folder of this machine, or a bucket), in
/// a bucket of their own, behind a URL, or in the workflow itself.
public struct ArtifactRepository: Sendable {
  /// The folder that is the default repository where `s3` is nil.
  public var root: String
  /// The default bucket as Argo's `artifactRepository.s3` says it.
  public var s3: Value?
  public var objects: ObjectLookUp
  /// Where keys for buckets are looked for when no Secret is named.
  public var environment: [String: String]
  private let transfer = HTTPTransfer()

  public init(
    root: String, s3: Value? = nil, objects: ObjectLookUp = .empty, environment: [String: String] = [:]
  ) {
    self.root = root
    self.s3 = s3
    self.objects = objects
    self.environment = environment
  }

  /// Brings what lies at a location to a new path: the content of an archive, or the file or folder itself.
  /// - Throws: `absent` when nothing is there.
  public func fetch(_ location: Value, namespace: String, to path: String) throws(ArtifactError) {
    let raw = path + ".fetched"
    try? FileManager.default.removeItem(atPath: raw)
    try? FileManager.default.removeItem(atPath: path)
    let isFolder = try fetchRaw(location, namespace, to: raw)
    if !isFolder { try Archive.unpack(raw, to: path) }
    guard isFolder else { return _ = try? FileManager.default.removeItem(atPath: raw) }
    guard rename(raw, path) == 0 else {
      throw ArtifactError(.unavailable, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
  }

  /// Copies what lies at a location as it is kept there.
  /// - Returns: whether it is a folder.
  public func fetchRaw(_ location: Value, _ namespace: String, to file: String) throws(ArtifactError) -> Bool {
    let (kind, fields) = try parts(of: location)
    switch kind {
    case "raw":
      guard FileManager.default.createFile(atPath: file, contents: Data((fields["data"]?.tagText ?? "").utf8)) else {
        throw ArtifactError(.unavailable, "cannot write \(file)")
      }
      return false
    case "http":
      try transfer.download(try request(.get, fields, namespace), to: file)
      return false
    case "s3":
      let key = fields["key"]?.stringValue ?? ""
      if let store = try bucket(fields, namespace) { return try store.fetch(key, to: file) }
      return try LocalStore(root: root).fetch(key, to: file)
    default: throw unknown(kind)
    }
  }

  /// Keeps a file or a folder.
  /// - Returns: the location it can be fetched from.
  public func keep(
    _ staged: String, at location: Value?, defaultKey: String, namespace: String
  ) throws(ArtifactError) -> Value {
    let location = location ?? .record(["s3": .record(["key": .string(defaultKey)])])
    let (kind, fields) = try parts(of: location)
    switch kind {
    case "http":
      var request = try request(.put, fields, namespace)
      request.body = FileManager.default.contents(atPath: staged)
      try transfer.send(request)
    case "s3":
      let key = fields["key"]?.stringValue ?? defaultKey
      if let store = try bucket(fields, namespace) {
        try store.put(staged, key)
      } else {
        try LocalStore(root: root).put(staged, key)
      }
      var fields = fields.objectValue ?? [:]
      fields["key"] = .string(key)
      return .record(["s3": .object(fields)])
    default: throw unknown(kind)
    }
    return location
  }

  /// Removes what lies at a location of the default repository; others' are left alone.
  public func remove(_ location: Value) throws(ArtifactError) {
    guard s3 == nil, let fields = location["s3"], fields["bucket"] == nil, let key = fields["key"]?.stringValue else {
      return
    }
    try LocalStore(root: root).remove(key)
  }

  private func parts(of location: Value) throws(ArtifactError) -> (kind: String, fields: Value) {
    guard let first = location.objectValue?.elements.first else {
      throw ArtifactError(.invalid, "the artifact does not say where it lies")
    }
    return (first.key, first.value)
  }

  private func unknown(_ kind: String) -> ArtifactError {
    ArtifactError(.invalid, "artifacts in '\(kind)' are not known here: raw, http and s3 are")
  }

  /// The bucket that a location or the default repository names; nil when it is the local folder.
  private func bucket(_ fields: Value, _ namespace: String) throws(ArtifactError) -> S3Objects? {
    guard fields["bucket"] != nil || s3 != nil else { return nil }
    var merged = fields["bucket"] == nil ? s3?.objectValue ?? [:] : [:]
    for (name, value) in fields.objectValue ?? [:] { merged[name] = value }
    let place = try S3Place(
      .object(merged), namespace: namespace, objects: objects, environment: environment)
    return S3Objects(place: place, transfer: transfer)
  }

  private func request(
    _ method: HTTPRequest.Method, _ fields: Value, _ namespace: String
  ) throws(ArtifactError) -> HTTPRequest {
    guard let url = fields["url"]?.stringValue, !url.isEmpty else {
      throw ArtifactError(.invalid, "an http location needs a url")
    }
    var request = HTTPRequest(method, url)
    for header in fields["headers"]?.arrayValue ?? [] {
      request.headers.append((header["name"]?.tagText ?? "", header["value"]?.tagText ?? ""))
    }
    if let basic = fields["auth"]?["basicAuth"], let user = basic["usernameSecret"], let word = basic["passwordSecret"]
    {
      let pair =
        try objects.text(ofSecret: user, namespace: namespace) + ":"
        + objects.text(ofSecret: word, namespace: namespace)
      request.headers.append(("Authorization", "Basic " + Data(pair.utf8).base64EncodedString()))
    }
    request.limits.total = nil
    request.limits.idle = .seconds(60)
    return request
  }
}
