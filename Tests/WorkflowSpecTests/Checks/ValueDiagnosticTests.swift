import Testing
import WorkflowSpec

@Suite("Values")
struct ValueDiagnosticTests {
  @Test("Quantities are numbers that Kubernetes takes, and devices whole ones")
  func resources() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            container:
              image: busybox
              resources:
                requests: {cpu: 2, memory: 8GB, nvidia.com/gpu: 1}
                limits: {cpu: 500m, memory: 8Gi, nvidia.com/gpu: "0.5", amd.com/gpu: "{{workflow.name}}"}
        """,
      gives: """
        w.yaml:11:27: error: the request for cpu is above its limit
                  requests: {cpu: 2, memory: 8GB, nvidia.com/gpu: 1}
                                  ^
        hint: the limit is 500m
        w.yaml:11:38: error: '8GB' is not a quantity such as 500m, 2 or 8Gi: unknown suffix 'GB' (m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, e3)
                  requests: {cpu: 2, memory: 8GB, nvidia.com/gpu: 1}
                                             ^
        w.yaml:11:59: error: the request for nvidia.com/gpu is above its limit
                  requests: {cpu: 2, memory: 8GB, nvidia.com/gpu: 1}
                                                                  ^
        hint: the limit is 0.5
        w.yaml:12:60: error: nvidia.com/gpu cannot be divided: '0.5' is not a whole number
                  limits: {cpu: 500m, memory: 8Gi, nvidia.com/gpu: "0.5", amd.com/gpu: "{{workflow.name}}"}
                                                                   ^
        """)
  }

  @Test("A retry strategy has counts, durations and a policy")
  func retries() {
    expect(
      spec: """
        entrypoint: main
        parallelism: 0
        templates:
          - name: main
            retryStrategy:
              limit: many
              retryPolicy: OnFailuer
              backoff: {duration: 5 minutes, factor: two, cap: 90}
            timeout: "30"
            container: {image: busybox}
          - name: other
            retryStrategy: {limit: "{{workflow.name}}", backoff: {factor: 2}}
            container: {image: busybox}
        """,
      gives: """
        w.yaml:6:16: error: 'parallelism' must be a whole number above 0, not '0'
          parallelism: 0
                       ^
        w.yaml:10:16: error: 'limit' must be a whole number, not 'many'
                limit: many
                       ^
        w.yaml:11:22: error: 'OnFailuer' is not a retry policy
                retryPolicy: OnFailuer
                             ^
        hint: did you mean 'OnFailure'?
        w.yaml:12:29: error: '5 minutes' is not a duration such as 30s, 1h30m or 500ms: unknown unit ' minutes' (ns, us, ms, s, m, h)
                backoff: {duration: 5 minutes, factor: two, cap: 90}
                                    ^
        w.yaml:12:48: error: 'factor' must be a whole number, not 'two'
                backoff: {duration: 5 minutes, factor: two, cap: 90}
                                                       ^
        w.yaml:12:58: warning: 'cap' takes text, not a number: Kubernetes would refuse it
                backoff: {duration: 5 minutes, factor: two, cap: 90}
                                                                 ^
        hint: write it in quotes: "90"
        w.yaml:13:16: error: '30' is not a duration such as 30s, 1h30m or 500ms: the number 30 has no unit (ns, us, ms, s, m, h)
              timeout: "30"
                       ^
        w.yaml:16:51: error: a backoff needs 'duration'
              retryStrategy: {limit: "{{workflow.name}}", backoff: {factor: 2}}
                                                          ^
        hint: the wait before the first retry, such as 30s
        """)
  }

  @Test("What is wrong with a when expression is shown at its place")
  func when() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            steps:
              - - {name: a, template: leaf, when: "{{workflow.name}} == (x"}
          - name: leaf
            container: {image: busybox}
        """,
      gives: """
        w.yaml:9:67: error: in 'when': this '(' is not closed
                - - {name: a, template: leaf, when: "{{workflow.name}} == (x"}
                                                                          ^
        """)
  }
}
