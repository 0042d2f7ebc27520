use super::{wide::*,fp::*,fp2::*,fp12::*,cyclotomic::*,miller::*}; use std::hint::black_box as bb; use std::time::Instant;

fn l<T>(x:T)->&'static T{ Box::leak(Box::new(x)) }
pub struct T(Vec<(&'static str,f64,usize,Box<dyn FnMut()>)>);
impl T{ fn add(&mut self,name:&'static str,ops:f64,n:usize,f:impl FnMut()+'static){ self.0.push((name,ops,n/10,Box::new(f))); }
 fn run(&mut self){ let mut best=vec![f64::MAX;self.0.len()]; let rounds=std::env::args().nth(1).and_then(|x|x.parse().ok()).unwrap_or(300); for _ in 0..rounds{ for (k,(_,_,n,f)) in self.0.iter_mut().enumerate(){ let s=Instant::now(); for _ in 0..*n{f();} best[k]=best[k].min(s.elapsed().as_secs_f64()/ *n as f64*1e9);} }
 for (b,(name,ops,_,_)) in best.iter().zip(&self.0){ println!("{name}: {b:.1} ns ({:.1}/lane) {:.2} ops/ns",b/8.,ops/b); } } }
#[target_feature(enable="avx512f,avx512ifma")] pub fn run(){
  let f=Fp::splat(&P); let f=l(Fp2{re:*l(f),im:f}); let ff=l(f.factor());
  let f2=*f; let g=l(Fp12{a:[f2;3],b:[f2;3]});  let mut tt=T(vec![]);
  tt.add("fp times",300.,10000,move||unsafe{ bb(bb(&f.re).times(&f.im)); });
  tt.add("fp times f",300.,10000,move||unsafe{ bb(bb(&ff.re).times(&ff.im)); });
  tt.add("f2 times",381.+45.+100.+304.,10000,move||unsafe{ bb(bb(f).times(f)); });
  tt.add("f2 sq",256.+100.+304.,10000,move||unsafe{ bb(bb(f).square()); });

  tt.add("factor",58.,1000,move||unsafe{ bb(bb(f).factor()); });
  tt.add("times",12700.,1000,move||unsafe{ bb(g.times(bb(g))); });
  tt.add("square",9350.,1000,move||unsafe{ let mut d=*g; d.square(); bb(&d); });
  tt.add("line",7200.,1000,move||unsafe{ let mut d=*g; d.times_line(f,f); bb(&d); });
  let c=l(Compressed::new(&g));
  tt.add("csqr",3700.,1000,move||unsafe{ let mut d=*c; d.square(); bb(&d); });
  tt.add("cyc",5500.,1000,move||unsafe{ let mut d=*g; d.cyclotomic_square(); bb(&d); });
  tt.add("decompress",1.,100,move||unsafe{ bb(Compressed::decompress([bb(c),c,c])); });
  tt.add("inv",1.,100,move||unsafe{ bb(bb(&f.re).inverse()); });
  tt.add("power_x",1.,20,move||unsafe{ bb(bb(g).power_x()); });
  tt.add("miller variable",1.,20,move||unsafe{ bb(product_of_miller_loops(&mut [Pairs::new(bb(&f.re),&f.im,*f,*f)])); });
  tt.add("miller variable 13",1.,20,move||unsafe{ let mut v:Vec<Pairs>=(0..13).map(|_|Pairs::new(bb(&f.re),&f.im,*f,*f)).collect(); bb(product_of_miller_loops(&mut v)); });
  use ark_ec::PrimeGroup; use ark_ec::CurveGroup;
  let lines=l(Lines::new(&ark_bls12_381::G2Projective::generator().into_affine()).unwrap());
  tt.add("miller",1.,20,move||unsafe{ bb(miller_loop(bb(&f.re),&f.im,&lines)); });
  tt.add("final exp",1.,20,move||unsafe{ bb(bb(g).final_exponentiation()); });
  let g2: ark_bls12_381::G2Affine=ark_bls12_381::G2Projective::generator().into_affine(); let g1:ark_bls12_381::G1Affine=ark_bls12_381::G1Projective::generator().into_affine();
  let fp=|x:&ark_bls12_381::Fq| ::blst::blst_fp{l:x.0.0}; let p2=l(::blst::blst_p2_affine{x: ::blst::blst_fp2{fp:[fp(&g2.x.c0),fp(&g2.x.c1)]},y: ::blst::blst_fp2{fp:[fp(&g2.y.c0),fp(&g2.y.c1)]}}); let p1=l(::blst::blst_p1_affine{x:fp(&g1.x),y:fp(&g1.y)});
  let mut bl=vec![::blst::blst_fp6::default();68]; unsafe{::blst::blst_precompute_lines(bl.as_mut_ptr(),p2)}; let bl=l(bl);
  tt.add("blst lines+fe (1)",1.,20,move||unsafe{ let mut m=::blst::blst_fp12::default(); ::blst::blst_miller_loop_lines(&mut m,bl.as_ptr(),bb(p1)); let mut o=m; ::blst::blst_final_exp(&mut o,&m); bb(o); });
  tt.add("blst ml+fe (1)",1.,20,move||unsafe{ let mut m=::blst::blst_fp12::default(); ::blst::blst_miller_loop(&mut m,bb(p2),bb(p1)); let mut o=m; ::blst::blst_final_exp(&mut o,&m); bb(o); });
  tt.run();
}
