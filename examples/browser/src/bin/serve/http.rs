//! Serves the files of a folder to this machine alone.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

use tiny_http::{Header, Request, Response, Server};

use crate::print;

struct File {
    path: String,
    media_type: &'static str,
    content: Vec<u8>,
}

pub fn serve(folder: &Path, port: u16) -> Result<(), Box<dyn Error>> {
    let files = read(folder)?;
    let server = Server::http(("127.0.0.1", port)).map_err(|why| format!("port {port}: {why}"))?;
    print(&format!("serving http://{}/\n", server.server_addr()))?;
    for request in server.incoming_requests() {
        // A browser that went away before its answer is its own affair.
        let _ = answer(request, &files);
    }
    Ok(())
}

/// All of it, once: no path of a request ever reaches the file system.
fn read(folder: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        files.push(File {
            media_type: match name.rsplit('.').next() {
                Some("html") => "text/html; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                _ => "text/javascript; charset=utf-8",
            },
            content: fs::read(folder.join(&name))?,
            path: format!("/{name}"),
        });
    }
    Ok(files)
}

fn answer(request: Request, files: &[File]) -> io::Result<()> {
    let path = match request.url().split('?').next() {
        Some("/") => "/index.html",
        path => path.unwrap_or_default(),
    };
    let Some(file) = files.iter().find(|file| file.path == path) else {
        return request.respond(Response::from_string("not found\n").with_status_code(404));
    };
    let mut response = Response::from_data(file.content.as_slice());
    for (name, value) in [("Content-Type", file.media_type), ("Cache-Control", "no-store")] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    request.respond(response)
}
