"""The tus 1.0 protocol: files arrive in several requests, and go on after a cut connection.

Pages and the API answer by the same code; each says which upload a request is for. https://tus.io/protocols

- `headers`: the headers of the protocol, and which addresses speak it
- `receiving`: bodies of requests on their way to the disk
- `operations`: begin, continue and delete files
"""
