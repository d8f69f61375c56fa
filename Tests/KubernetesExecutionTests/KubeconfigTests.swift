import Execution
import Foundation
import Testing

@testable import KubernetesExecution

@Suite("How a cluster is found")
struct KubeconfigTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func access(_ user: String, cluster: String = "", context: String? = nil) throws -> ClusterAccess {
    try folder.write(
      """
      apiVersion: v1
      kind: Config
      clusters: [{name: c, cluster: {server: "https://c:6443/", certificate-authority: pki/ca.crt\(cluster)}}]
      users: [{name: u, user: {\(user)}}]
      contexts:
        - {name: here, context: {cluster: c, user: u, namespace: work}}
        - {name: there, context: {cluster: c, user: u}}
      current-context: here
      """, to: "config")
    return try ClusterAccess.find(context: context, environment: ["KUBECONFIG": folder.path + "/config"])
  }

  @Test("the current context counts, and paths are relative to the file")
  func current() throws {
    let access = try access("token: secret")
    #expect(access.server == "https://c:6443")
    #expect(access.namespace == "work")
    #expect(access.tls.authority == folder.path + "/pki/ca.crt")
    #expect(try access.credential.token() == "secret")
  }

  @Test("another context can be chosen; one that is not there is named with those that are")
  func contexts() throws {
    #expect(try access("token: a", context: "there").namespace == "default")
    do {
      _ = try access("token: a", context: "nowhere")
      Issue.record("a context that is not there was found")
    } catch let error as ExecutionError {
      #expect(error.message.contains("'nowhere'; there are: here, there"))
    }
  }

  @Test("a token file is read anew each time")
  func rotation() throws {
    let access = try access("tokenFile: token")
    try folder.write("first\n", to: "token")
    #expect(try access.credential.token() == "first")
    try folder.write("second\n", to: "token")
    #expect(try access.credential.token() == "second")
  }

  @Test("a plugin is asked once, and again when its token is refused")
  func plugin() throws {
    let script = """
      #!/bin/sh
      echo x >> "$COUNT"
      echo "{\\"status\\":{\\"token\\":\\"t$(wc -l < "$COUNT" | tr -d ' ')\\"}}"
      """
    try folder.write(script, to: "plugin")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/plugin")
    let count = folder.path + "/count"
    let access = try access("exec: {command: ./plugin, env: [{name: COUNT, value: \"\(count)\"}]}")
    #expect(try access.credential.token() == "t1")
    #expect(try access.credential.token() == "t1")
    #expect(try access.credential.token(fresh: true) == "t2")
  }

  @Test("certificates inside the file become files that only the user can read")
  func data() throws {
    let access = try access("client-certificate-data: aGk=, client-key-data: aG8=")
    let key = try #require(access.tls.key)
    #expect(try String(contentsOfFile: key, encoding: .utf8) == "ho")
    let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("what is not supported is refused with what to do instead")
  func unsupported() {
    #expect(throws: ExecutionError.self) { try access("username: a, password: b") }
    #expect(throws: ExecutionError.self) { try access("token: a", cluster: ", insecure-skip-tls-verify: true") }
  }

  @Test("inside a pod its service account counts")
  func inside() throws {
    try folder.write("rotated", to: "token")
    try folder.write("jobs", to: "namespace")
    let access = try #require(
      ClusterAccess.inCluster(["KUBERNETES_SERVICE_HOST": "fd00::1"], folder: folder.path))
    #expect(access.server == "https://[fd00::1]:443")
    #expect(access.namespace == "jobs")
    #expect(try access.credential.token() == "rotated")
  }

  @Test("without any of these, it is said where a cluster was looked for")
  func nowhere() {
    #expect(throws: ExecutionError.self) { try ClusterAccess.find(context: nil, environment: ["HOME": folder.path]) }
  }
}
