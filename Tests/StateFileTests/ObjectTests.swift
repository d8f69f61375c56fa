import Foundation
import StateFile
import Testing
import WorkflowCore

@Suite("Objects that runs refer to")
struct ObjectTests {
  private func object(_ text: String, kind: String = "ConfigMap", at time: Int64 = 1) -> StoredObject {
    StoredObject(
      kind: kind, namespace: "default", name: "settings", manifest: .record(["text": .string(text)]),
      createdAt: Timestamp(milliseconds: time), updatedAt: Timestamp(milliseconds: time))
  }

  @Test("an object is kept, replaced and forgotten by kind and name; its first time and its status stay")
  func life() throws {
    let folder = try TemporaryDirectory()
    let state = try StateFile(creatingIfMissing: folder.path + "/state.db")
    #expect(try state.keep(object("a")) == .created)
    #expect(try state.keep(object("a", at: 2)) == .unchanged)
    try state.setStatus(.record(["runs": 1]), of: object("a"))
    #expect(try state.keep(object("b", at: 3)) == .configured)
    let kept = try #require(try state.object(kind: "ConfigMap", namespace: "default", name: "settings"))
    #expect(kept.manifest == .record(["text": "b"]))
    #expect(kept.createdAt.milliseconds == 1 && kept.updatedAt.milliseconds == 3)
    #expect(kept.status == .record(["runs": 1]))
    #expect(try state.objects(kind: "Secret").isEmpty)
    #expect(try state.removeObject(kind: "ConfigMap", namespace: "default", name: "settings"))
    #expect(try state.objects().isEmpty)
  }

  @Test("a Secret lies in a file only its owner may read, and never in the state file")
  func secrets() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/state.db"
    let state = try StateFile(creatingIfMissing: path)
    let secrets = SecretFolder(besideStateFile: path)
    let manifest = try Value(json: #"{"kind":"Secret","data":{"a":"aGVsbG8="},"stringData":{"b":"wor ld"}}"#)
    #expect(try secrets.keep(manifest, namespace: "default", name: "s") == .created)
    #expect(secrets.entries(namespace: "default", name: "s") == ["a": Data("hello".utf8), "b": Data("wor ld".utf8)])
    let file = folder.path + "/secrets/default/s.json"
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
    #expect(try state.objects().isEmpty)
    #expect(secrets.names(namespace: "default") == ["s"])
    #expect(secrets.remove(namespace: "default", name: "s"))
    #expect(secrets.entries(namespace: "default", name: "s") == nil)
  }
}
