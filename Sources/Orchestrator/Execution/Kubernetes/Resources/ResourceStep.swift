import Execution
import Foundation
import OrderedCollections
import WorkflowCore
import WorkflowSpec

/// What a `resource` template does to an object, through the API and without a pod. Every call may be repeated: what was
/// created is known by its name and by whose it is.
struct ResourceStep: Sendable {
  private static let ownFields = "orchestrate"

  let client: KubernetesClient
  let launch: Launch
  let request: ResourceRequest
  /// Takes what is to be said in the log.
  let log: @Sendable (String) -> Void

  /// Carries it out to its end; calls that cannot be answered now are repeated until the task is cancelled.
  func run() async -> Outcome {
    let started = now()
    do {
      let target = try await patiently { try await self.target() }
      var object = try await patiently { try await self.act(on: target) }
      if let condition = try waiting() { object = try await wait(for: condition, target, object) }
      var outcome = Outcome(.exited(code: 0), startedAt: started, finishedAt: now())
      outcome.parameters = try outputs(of: object)
      return outcome
    } catch let failure as ConditionFailure {
      log(failure.message)
      return Outcome(.exited(code: 1), startedAt: started, finishedAt: now())
    } catch {
      let message = Self.message(of: error)
      log(message)
      return Outcome(.error(message), startedAt: started, finishedAt: now())
    }
  }

  private static func message(of error: any Error) -> String {
    switch error {
    case let error as KubernetesError: error.message
    case let error as ObjectQueryError: error.message
    case is CancellationError: "ended before it was done"
    default: "\(error)"
    }
  }

  private func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

  private func patiently<Result>(_ body: () async throws -> Result) async throws -> Result {
    var backoff = Backoff()
    while true {
      do {
        return try await body()
      } catch let error as KubernetesError where error.isPassing {
        log(error.message)
        try await Task.sleep(for: backoff.wait(asked: error.retryAfter))
      }
    }
  }

  // MARK: What it is about

  /// An object's place in the API, and what the manifest says of it.
  struct Target: Sendable {
    var kind: ResourceKind
    var title: String
    var namespace: String
    var name: String
    var manifest: Value
  }

  private func target() async throws -> Target {
    let document = PlainDocument(Array(request.manifest.utf8), name: "manifest")
    if let report = document.report { throw ObjectQueryError(report) }
    var manifest = document.value ?? .object([:])
    let flags = ResourceFlags(request.flags)
    let version = manifest["apiVersion"]?.stringValue ?? "v1"
    guard let kindName = manifest["kind"]?.stringValue ?? flags.kind else {
      throw ObjectQueryError("the manifest has no 'kind'")
    }
    let (kind, title) = try await client.kind(called: kindName, in: version)
    let namespace = manifest[["metadata", "namespace"]]?.stringValue ?? flags.namespace ?? launch.namespace
    let name = manifest[["metadata", "name"]]?.stringValue ?? flags.name ?? generatedName(manifest)
    guard let name else { throw ObjectQueryError("the manifest has no 'metadata.name'") }
    if request.action == .create || request.action == .apply || request.action == .replace {
      manifest = try await marked(manifest, name)
    }
    return Target(kind: kind, title: title, namespace: namespace, name: name, manifest: manifest)
  }

  /// A name that follows from the attempt: asked for twice, the object is made once.
  private func generatedName(_ manifest: Value) -> String? {
    manifest[["metadata", "generateName"]]?.stringValue.map {
      $0 + String(shortDigest(Data("\(launch.attempt.run)/\(launch.attempt.nodeID)".utf8)).prefix(8))
    }
  }

  private func marked(_ manifest: Value, _ name: String) async throws -> Value {
    guard var members = manifest.objectValue else { return manifest }
    var metadata = members["metadata"]?.objectValue ?? [:]
    metadata["name"] = .string(name)
    metadata["generateName"] = nil
    var labels = metadata["labels"]?.objectValue ?? [:]
    labels[PodMarks.managedBy] = .string(PodMarks.manager)
    labels[PodMarks.run] = .string(launch.attempt.run)
    metadata["labels"] = .object(labels)
    var notes = metadata["annotations"]?.objectValue ?? [:]
    notes[PodMarks.nodeID] = .string(launch.attempt.nodeID)
    metadata["annotations"] = .object(notes)
    if request.setsOwner {
      let owner = RunOwner(run: launch.attempt.run, workflow: launch.workflowName, namespace: launch.namespace)
      metadata["ownerReferences"] = .array([try await owner.reference(client)])
    }
    members["metadata"] = .object(metadata)
    return .object(members)
  }

  // MARK: Acting

  private func act(on target: Target) async throws -> Value {
    switch request.action {
    case .get: return try await client.get(target.kind, target.name, in: target.namespace)
    case .create: return try await create(target)
    case .apply:
      let object = try await client.send(
        .patch, path(target), query: ["fieldManager": Self.ownFields, "force": "true"], body: target.manifest,
        type: "application/apply-patch+yaml")
      log("\(target.title)/\(target.name) configured")
      return object
    case .replace: return try await replace(target)
    case .patch: return try await patch(target)
    case .delete:
      do throws(KubernetesError) {
        try await client.delete(target.kind, target.name, in: target.namespace)
        log("\(target.title)/\(target.name) deleted")
      } catch {
        // As kubectl does it for Argo: what is not there is deleted.
        guard case .notFound = error else { throw error }
      }
      return .object([:])
    }
  }

  private func path(_ target: Target) -> String { target.kind.path(in: target.namespace, target.name) }

  private func create(_ target: Target) async throws -> Value {
    do throws(KubernetesError) {
      let object = try await client.create(target.kind, target.manifest, in: target.namespace)
      log("\(target.title)/\(target.name) created")
      return object
    } catch {
      guard case .alreadyExists = error else { throw error }
      let object = try await client.get(target.kind, target.name, in: target.namespace)
      // The answer to an earlier creation was lost.
      guard object[["metadata", "labels", PodMarks.run]]?.stringValue == launch.attempt.run,
        object[["metadata", "annotations", PodMarks.nodeID]]?.stringValue == launch.attempt.nodeID
      else { throw error }
      return object
    }
  }

  private func replace(_ target: Target) async throws -> Value {
    let known = try await client.get(target.kind, target.name, in: target.namespace)
    var members = target.manifest.objectValue ?? [:]
    var metadata = members["metadata"]?.objectValue ?? [:]
    metadata["resourceVersion"] = known[["metadata", "resourceVersion"]]
    members["metadata"] = .object(metadata)
    let object = try await client.send(.put, path(target), body: .object(members))
    log("\(target.title)/\(target.name) replaced")
    return object
  }

  private func patch(_ target: Target) async throws -> Value {
    let type: KubernetesClient.PatchType
    switch request.mergeStrategy ?? "strategic" {
    case "strategic": type = .strategic
    case "merge": type = .merge
    case "json": type = .json
    case let other: throw ObjectQueryError("mergeStrategy '\(other)': write strategic, merge or json")
    }
    let object = try await client.patch(target.kind, target.name, in: target.namespace, target.manifest, as: type)
    log("\(target.title)/\(target.name) patched")
    return object
  }

  // MARK: Waiting

  private struct Waiting { var success: ObjectCondition?, failure: ObjectCondition? }

  struct ConditionFailure: Error { let message: String }

  private func waiting() throws(ObjectQueryError) -> Waiting? {
    let success = try request.successCondition.flatMap { $0.isEmpty ? nil : $0 }
      .map { (text) throws(ObjectQueryError) in try ObjectCondition(text) }
    let failure = try request.failureCondition.flatMap { $0.isEmpty ? nil : $0 }
      .map { (text) throws(ObjectQueryError) in try ObjectCondition(text) }
    return success == nil && failure == nil ? nil : Waiting(success: success, failure: failure)
  }

  /// Returns the object once it is as it should be.
  private func wait(for condition: Waiting, _ target: Target, _ first: Value) async throws -> Value {
    var object = first
    var backoff = Backoff()
    while true {
      do {
        if try isDone(object, condition) { return object }
        if let done = try await watch(target, since: object, condition) { return done }
        object = try await client.get(target.kind, target.name, in: target.namespace)
      } catch let error as KubernetesError where error.isPassing {
        try await Task.sleep(for: backoff.wait(asked: error.retryAfter))
        object = try await patiently { try await client.get(target.kind, target.name, in: target.namespace) }
      }
    }
  }

  private func isDone(_ object: Value, _ condition: Waiting) throws(ConditionFailure) -> Bool {
    if let failure = condition.failure, failure.holds(for: object) {
      throw ConditionFailure(message: "failure condition '\(request.failureCondition ?? "")' evaluated true")
    }
    guard let success = condition.success else { return false }
    return success.holds(for: object)
  }

  /// One connection; nil when it ended before the object was as it should be.
  private func watch(_ target: Target, since object: Value, _ condition: Waiting) async throws -> Value? {
    var lines = LineSplitter()
    let stream = client.stream(
      target.kind.path(in: target.namespace),
      query: [
        "watch": "true", "fieldSelector": "metadata.name=\(target.name)", "timeoutSeconds": "120",
        "resourceVersion": object[["metadata", "resourceVersion"]]?.stringValue,
      ], limit: .seconds(135))
    for try await bytes in stream {
      for line in lines.split(bytes) {
        guard let event = try? Value(json: String(decoding: line, as: UTF8.self)), let object = event["object"] else {
          return nil
        }
        switch event["type"]?.stringValue {
        case "ADDED", "MODIFIED": if try isDone(object, condition) { return object }
        case "DELETED":
          throw ObjectQueryError("\(target.title)/\(target.name) was deleted while its end was waited for")
        case "ERROR": return nil
        default: break
        }
      }
    }
    return nil
  }

  // MARK: Outputs

  private func outputs(of object: Value) throws(ObjectQueryError) -> [ParameterValue] {
    var values: [ParameterValue] = []
    for output in request.outputs {
      let text: String
      switch output.language {
      case .jsonPath: text = try ObjectTemplate(output.query).text(of: object)
      case .jq: text = try JQFilter(output.query).text(of: object)
      }
      values.append(ParameterValue(name: output.parameter, value: text))
    }
    return values
  }
}

/// What is understood of kubectl's arguments: a namespace, and the kind and name of an object.
struct ResourceFlags: Hashable, Sendable {
  private(set) var namespace: String?
  private(set) var kind: String?
  private(set) var name: String?

  init(_ flags: [String]) {
    var words = flags.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }[...]
    var plain: [String] = []
    while let word = words.popFirst() {
      if word == "-n" || word == "--namespace" {
        namespace = words.popFirst()
      } else if word.hasPrefix("--namespace=") {
        namespace = String(word.dropFirst("--namespace=".count))
      } else if !word.hasPrefix("-") {
        plain += word.split(separator: "/", maxSplits: 1).map(String.init)
      }
    }
    kind = plain.first
    name = plain.dropFirst().first
  }
}

extension KubernetesClient {
  /// Where the API keeps objects of a kind, and what kubectl calls them (`job.batch`). The name may also be the plural.
  func kind(called name: String, in version: String) async throws(KubernetesError) -> (ResourceKind, title: String) {
    let prefix = version.contains("/") ? "/apis/\(version)" : "/api/\(version)"
    let known = try await send(.get, prefix)
    let found = known["resources"]?.arrayValue?.first { resource in
      guard let plural = resource["name"]?.stringValue, !plural.contains("/") else { return false }
      return [resource["kind"]?.stringValue, plural, resource["singularName"]?.stringValue].contains(name)
        || resource["kind"]?.stringValue?.lowercased() == name.lowercased()
    }
    guard let found, let plural = found["name"]?.stringValue else {
      throw .invalid("the cluster knows no kind '\(name)' in \(version)")
    }
    let group = version.contains("/") ? "." + version.prefix { $0 != "/" } : ""
    let kind = ResourceKind(prefix: prefix, plural: plural, isNamespaced: found["namespaced"]?.flag ?? true)
    return (kind, (found["kind"]?.stringValue ?? name).lowercased() + group)
  }
}
