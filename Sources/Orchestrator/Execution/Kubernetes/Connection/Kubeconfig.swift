import Execution
import Foundation
import HTTP
import WorkflowCore
import WorkflowSpec

/// How a cluster is reached, and as whom.
public struct ClusterAccess: Sendable {
  /// Without a slash at the end.
  public var server: String
  /// The namespace of the context; `default` where it names none.
  public var namespace: String
  public var tls: TLSFiles
  var credential: Credential
  /// Keys and certificates that were written out for libcurl; they go with the last holder.
  private var files: PrivateFiles?

  public init(server: String, namespace: String = "default", tls: TLSFiles = TLSFiles(), token: String? = nil) {
    self.server = server
    self.namespace = namespace
    self.tls = tls
    credential = Credential(token.map { .token($0) } ?? .anonymous)
  }
}

// MARK: kubeconfig

extension ClusterAccess {
  /// The access that `kubectl` would have here: `$KUBECONFIG`, else `~/.kube/config`, else the pod's service account.
  ///
  /// - Parameter context: instead of the file's current one.
  public static func find(context: String?, environment: [String: String]) throws(ExecutionError) -> ClusterAccess {
    let home = (environment["HOME"] ?? "") + "/.kube/config"
    let given = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
    let paths = (given.isEmpty ? [home] : given).filter { FileManager.default.fileExists(atPath: $0) }
    if !paths.isEmpty { return try ClusterAccess(kubeconfigs: paths, context: context, environment: environment) }
    if let access = inCluster(environment, folder: serviceAccount) { return access }
    throw .refused(
      "no cluster is known here: there is no \(given.isEmpty ? home : given.joined(separator: ", ")); "
        + "set KUBECONFIG to the file of a cluster")
  }

  private static let serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// The service account of the pod that this process runs in. Its token is read anew for each request: it is rotated.
  static func inCluster(_ environment: [String: String], folder: String) -> ClusterAccess? {
    guard let host = environment["KUBERNETES_SERVICE_HOST"], FileManager.default.fileExists(atPath: folder + "/token")
    else { return nil }
    let port = environment["KUBERNETES_SERVICE_PORT"] ?? "443"
    let namespace = try? String(contentsOfFile: folder + "/namespace", encoding: .utf8)
    var access = ClusterAccess(
      server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
      namespace: namespace?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "default",
      tls: TLSFiles(authority: folder + "/ca.crt"))
    access.credential = Credential(.tokenFile(folder + "/token"))
    return access
  }

  /// - Parameter paths: files that are read as one; of two entries of a name, the first counts.
  init(kubeconfigs paths: [String], context: String?, environment: [String: String]) throws(ExecutionError) {
    let config = try Kubeconfig(paths)
    let chosen = try config.context(named: context)
    let cluster = try config.entry("clusters", "cluster", named: chosen.value["cluster"]?.stringValue, chosen)
    let user = try config.entry("users", "user", named: chosen.value["user"]?.stringValue, chosen)
    guard let server = cluster.value["server"]?.stringValue else {
      throw .refused("\(cluster.file): the cluster '\(cluster.name)' has no server")
    }
    try cluster.refuse("insecure-skip-tls-verify", "name the cluster's certificate-authority instead")
    try cluster.refuse("tls-server-name", "use a server name that is in the certificate")
    try cluster.refuse("proxy-url", "set HTTPS_PROXY instead")
    let files = try PrivateFiles()
    self.init(
      server: server.hasSuffix("/") ? String(server.dropLast()) : server,
      namespace: chosen.value["namespace"]?.stringValue ?? "default",
      tls: TLSFiles(
        authority: try files.path(cluster, "certificate-authority"),
        certificate: try files.path(user, "client-certificate"),
        key: try files.path(user, "client-key")))
    self.files = files
    credential = Credential(try user.credential(environment))
  }
}

/// The merged entries of one or more kubeconfig files.
struct Kubeconfig {
  struct Entry {
    let name: String
    let value: Value
    let file: String

    /// Paths in a kubeconfig are relative to it.
    func path(_ text: String) -> String {
      text.hasPrefix("/") ? text : (file as NSString).deletingLastPathComponent + "/" + text
    }

    func refuse(_ field: String, _ remedy: String) throws(ExecutionError) {
      guard let given = value[field], given != .bool(false), given != .string("") else { return }
      throw .refused("\(file): '\(field)' of '\(name)' is not supported: \(remedy)")
    }
  }

  private let documents: [(file: String, value: Value)]

  init(_ paths: [String]) throws(ExecutionError) {
    var documents: [(file: String, value: Value)] = []
    for path in paths {
      guard let data = FileManager.default.contents(atPath: path) else { throw .refused("\(path) cannot be read") }
      let document = PlainDocument(Array(data), name: path)
      guard let value = document.value else { throw .refused(document.report ?? "\(path) is empty") }
      documents.append((path, value))
    }
    self.documents = documents
  }

  func context(named name: String?) throws(ExecutionError) -> Entry {
    let current = documents.lazy.compactMap { $0.value["current-context"]?.stringValue }.first { !$0.isEmpty }
    guard let wanted = name ?? current else {
      throw .refused("\(documents[0].file) names no current-context: choose one with --context")
    }
    if let found = find("contexts", "context", wanted) { return found }
    let known = documents.flatMap { $0.value["contexts"]?.arrayValue ?? [] }.compactMap { $0["name"]?.stringValue }
    throw .refused(
      "\(documents[0].file) has no context '\(wanted)'; there are: \(known.sorted().joined(separator: ", "))")
  }

  func entry(_ list: String, _ kind: String, named name: String?, _ context: Entry) throws(ExecutionError) -> Entry {
    guard let name else { throw .refused("\(context.file): the context '\(context.name)' names no \(kind)") }
    if let found = find(list, kind, name) { return found }
    throw .refused("\(context.file): the \(kind) '\(name)' of the context '\(context.name)' is not there")
  }

  private func find(_ list: String, _ kind: String, _ name: String) -> Entry? {
    for document in documents {
      let entries = document.value[list]?.arrayValue ?? []
      guard let entry = entries.first(where: { $0["name"]?.stringValue == name }) else { continue }
      return Entry(name: name, value: entry[kind] ?? .object([:]), file: document.file)
    }
    return nil
  }
}

extension Kubeconfig.Entry {
  func credential(_ environment: [String: String]) throws(ExecutionError) -> Credential.Source {
    try refuse("username", "use a token or a client certificate")
    try refuse("auth-provider", "use an exec plugin, which took its place")
    if let token = value["token"]?.stringValue, !token.isEmpty { return .token(token) }
    if let file = value["tokenFile"]?.stringValue { return .tokenFile(path(file)) }
    guard let plugin = value["exec"] else { return .anonymous }
    guard let command = plugin["command"]?.stringValue else {
      throw .refused("\(file): the exec plugin of '\(name)' has no command")
    }
    var variables = environment
    for variable in plugin["env"]?.arrayValue ?? [] {
      if let name = variable["name"]?.stringValue { variables[name] = variable["value"]?.stringValue ?? "" }
    }
    return .plugin(
      ExecPlugin(
        command: command.contains("/") ? path(command) : command,
        arguments: plugin["args"]?.arrayValue?.compactMap(\.stringValue) ?? [], environment: variables,
        version: plugin["apiVersion"]?.stringValue ?? "client.authentication.k8s.io/v1"))
  }
}

/// Keys and certificates of a kubeconfig as files that only this user can read.
private final class PrivateFiles: Sendable {
  private let folder: String

  init() throws(ExecutionError) {
    var template = Array((NSTemporaryDirectory() + "/orchestrate.XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw .unavailable("cannot make a folder in \(NSTemporaryDirectory())") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The file of a field that is a path, or whose `-data` holds the contents in base64.
  func path(_ entry: Kubeconfig.Entry, _ field: String) throws(ExecutionError) -> String? {
    guard let text = entry.value[field + "-data"]?.stringValue, !text.isEmpty else {
      return entry.value[field]?.stringValue.map { entry.path($0) }
    }
    guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
      throw .refused("\(entry.file): '\(field)-data' of '\(entry.name)' is not base64")
    }
    let file = "\(folder)/\(field)"
    guard FileManager.default.createFile(atPath: file, contents: data, attributes: [.posixPermissions: 0o600]) else {
      throw .unavailable("cannot write \(file)")
    }
    return file
  }
}
