//! Compares the sequence of executed code and accessed memory with that of a reference run.

mod unicorn;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An instruction, or a block of them, at an address.
    Execute(u64),
    Read(u64, u32),
    Write(u64, u32),
}

#[derive(Default)]
pub struct Trace {
    reference: Vec<Event>,
    mode: Mode,
    /// The number of events of this run.
    position: usize,
    /// The address that was executed last.
    executed: u64,
    difference: Option<Difference>,
}

#[derive(Clone, Copy, Default)]
enum Mode {
    #[default]
    Off,
    Reference,
    Compare,
}

/// The first difference from the reference.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The last address that both runs executed.
    pub after: u64,
}

impl Trace {
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts the run that the next ones are compared with.
    pub fn start_reference(&mut self) {
        self.reference.clear();
        self.start(Mode::Reference);
    }

    pub fn start_comparison(&mut self) {
        self.start(Mode::Compare);
    }

    fn start(&mut self, mode: Mode) {
        self.mode = mode;
        self.position = 0;
        self.executed = 0;
        self.difference = None;
    }

    #[inline]
    pub fn record(&mut self, event: Event) {
        match self.mode {
            Mode::Off => return,
            Mode::Reference => self.reference.push(event),
            Mode::Compare => {
                if self.difference.is_none() && self.reference.get(self.position) != Some(&event) {
                    self.difference = Some(Difference { after: self.executed });
                }
            }
        }
        self.position += 1;
        if let Event::Execute(address) = event {
            self.executed = address;
        }
    }

    /// Ends the run, and returns the first difference from the reference.
    pub fn stop(&mut self) -> Option<Difference> {
        let shorter = self.position < self.reference.len();
        self.mode = Mode::Off;
        self.difference
            .or_else(|| shorter.then_some(Difference { after: self.executed }))
    }

    /// The numbers of executed addresses and of memory accesses in the reference.
    pub fn counts(&self) -> (usize, usize) {
        let executed = self
            .reference
            .iter()
            .filter(|event| matches!(event, Event::Execute(_)))
            .count();
        (executed, self.reference.len() - executed)
    }
}
